/**
 * What is known of a vendor's own engine. The engine is the user's: it is loaded from their folder, so
 * nothing here imports it, and each adapter says as much of its shape as it calls.
 */
import { compile } from '@flagmarshal/evaluation'
import type {
  Engines,
  Evaluation,
  EvaluationContext,
  EvaluationError,
  Flag,
  JsonObject,
  JsonValue,
  Segment,
} from '@flagmarshal/evaluation'

import type { Load } from './package.ts'

/** What an application is given, in the vendor's words. */
export type Answer = JsonObject

/** Flags of ours, as they were imported. */
export interface Served {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
}

/** What both engines are given. */
export interface Given {
  readonly load: Load
  /** The file, as the vendor wrote it. */
  readonly definition: JsonObject
  readonly served: Served
  readonly engines: Engines
}

/** A flag, and its name in the file. */
export interface Named {
  readonly flag: Flag
  readonly name: string
}

/** Both engines, with the flags of one file. */
export interface Pair {
  readonly theirs: (of: Named, context: EvaluationContext) => Answer | Promise<Answer>
  readonly ours: (of: Named, context: EvaluationContext) => Answer
  /** Why a flag cannot be compared, as a clause: what its answer hangs on there is no context. */
  readonly incomparable?: (name: string) => string | undefined
  readonly close?: () => void | Promise<void>
}

/** A vendor, by its package on npm. */
export interface Adapter {
  readonly package: string
  /** The version that this is tested with. */
  readonly tested: string
  /** Whether its engine takes no context without a key. */
  readonly keyed?: true
  /** Whether its engine draws a lot where an attribute that it splits by is missing: then none is. */
  readonly splitsByLot?: true
  /** Whether the name of an imported flag is what the file calls it; else its key is. */
  readonly namesFlags?: true
  /** Throws a Failure for a file that the engine does not take as it is. */
  readonly open: (given: Given) => Pair | Promise<Pair>
}

/** What an application gets where only the value counts; null is the default of its own code. */
export function valued(value: unknown): Answer {
  // Both sides are JSON; what is absent is the caller's own.
  return { value: (value ?? null) as JsonValue }
}

/** Our engine, whose evaluations are answers of some shape. */
export function ourEngine(
  { served, engines }: Pick<Given, 'served' | 'engines'>,
  answerOf: (evaluation: Evaluation | EvaluationError, flag: Flag) => Answer,
): Pair['ours'] {
  const compiled = compile(served, engines)
  return ({ flag }, context) => {
    const found = compiled.flag(flag.key)
    if (found === undefined) throw new RangeError(`${flag.key} is not among the flags`)
    return answerOf(found.decide(context).evaluation, flag)
  }
}

/** The value that is served; an error leaves it to the caller. */
export function valueOf(evaluation: Evaluation | EvaluationError): Answer {
  return valued('errorCode' in evaluation ? undefined : evaluation.value)
}
