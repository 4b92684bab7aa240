/**
 * A snapshot, compiled: everything that can be worked out before the first evaluation.
 *
 * A malformed flag becomes an error of its own and hurts no other, so compiling never throws. Maps
 * hold the flags, so that a key like `__proto__` is a key like any other.
 */
import type { SegmentLookup } from './condition.ts'
import { answersOf, decideByRules, decideOff, fixedDecision } from './decide.ts'
import type { Decide, Decision } from './decide.ts'
import type { EvaluationContext, Flag, ValueType } from './model.ts'
import { failed } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { compileSegments } from './segment.ts'
import type { Snapshot } from './snapshot.ts'

/** Flags and segments, ready to evaluate. */
export interface Compiled {
  /** What is wrong with which flag; empty for a snapshot in good order. */
  readonly problems: readonly Problem[]
  /** A flag to keep: evaluating it saves the search by key. `undefined` if there is none. */
  readonly flag: (key: string) => CompiledFlag | undefined
  /** The value of a boolean flag, the default where there is none. Allocates nothing and never throws. */
  readonly boolean: (key: string, context: EvaluationContext, defaultValue: boolean) => boolean
  /** The value of a string flag, the default where there is none. Allocates nothing and never throws. */
  readonly string: (key: string, context: EvaluationContext, defaultValue: string) => string
  /** The segments, for explanations. */
  readonly segment: SegmentLookup
}

/** One flag, ready to evaluate. */
export interface CompiledFlag {
  readonly key: string
  readonly valueType: ValueType
  /** The flag as it was stored. */
  readonly flag: Flag
  /** The value of a boolean flag, the default where there is none. Allocates nothing and never throws. */
  readonly boolean: (context: EvaluationContext, defaultValue: boolean) => boolean
  /** The value of a string flag, the default where there is none. Allocates nothing and never throws. */
  readonly string: (context: EvaluationContext, defaultValue: string) => string
  /** The answer whole, whatever type was asked for; most callers want `evaluate`. Never throws. */
  readonly decide: Decide
  /** The answer, where it is the same for every context. */
  readonly fixed: Outcome | undefined
}

/** Why a flag cannot be evaluated, or, of a disabled one, why it could not be if it were enabled. */
export interface Problem {
  readonly flag: string
  readonly message: string
}

/** Compiles flags and segments. Never throws: a malformed flag evaluates to PARSE_ERROR and is listed in `problems`. */
export function compile(snapshot: Pick<Snapshot, 'flags' | 'segments'>): Compiled {
  const flags = new Map<string, CompiledFlag>()
  const problems: Problem[] = []
  const segment = compileSegments(keyed(snapshot.segments))

  for (const flag of keyed(snapshot.flags)) {
    const { problem, ...decision } = compileFlag(flag, segment)
    if (problem !== undefined) problems.push({ flag: flag.key, message: problem })
    // A snapshot has each key once; should one come twice, the last one holds.
    flags.set(flag.key, withAccessors(flag, decision))
  }
  return {
    problems,
    segment,
    flag: (key) => flags.get(key),
    boolean(key, context, defaultValue) {
      const flag = flags.get(key)
      if (flag === undefined) return defaultValue
      const { value } = flag.fixed ?? flag.decide(context)
      return typeof value === 'boolean' ? value : defaultValue
    },
    string(key, context, defaultValue) {
      const flag = flags.get(key)
      if (flag === undefined) return defaultValue
      const { value } = flag.fixed ?? flag.decide(context)
      return typeof value === 'string' ? value : defaultValue
    },
  }
}

function compileFlag(flag: Flag, segment: SegmentLookup): Decision & { readonly problem?: string } {
  // The kill switch works on a flag whose rules are malformed, too.
  let off: Decision | undefined
  try {
    const answers = answersOf(flag)
    if (!flag.enabled) off = decideOff(answers)
    const byRules = decideByRules(answers, segment)
    return off ?? byRules
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...(off ?? fixedDecision(failed('PARSE_ERROR', problem))), problem }
  }
}

function withAccessors(flag: Flag, { decide, fixed }: Decision): CompiledFlag {
  return {
    key: flag.key,
    valueType: flag.valueType,
    flag,
    decide,
    fixed,
    boolean(context, defaultValue) {
      const { value } = fixed ?? decide(context)
      return typeof value === 'boolean' ? value : defaultValue
    },
    string(context, defaultValue) {
      const { value } = fixed ?? decide(context)
      return typeof value === 'string' ? value : defaultValue
    },
  }
}

/** The members that have a key at all; the wire is checked by its reader, but compiling must never throw. */
function keyed<Thing extends { readonly key: string }>(things: readonly Thing[]): readonly Thing[] {
  return things.filter((thing: unknown) => {
    return typeof thing === 'object' && thing !== null && 'key' in thing && typeof thing.key === 'string'
  })
}
