/**
 * A snapshot, compiled: everything that can be worked out before the first evaluation.
 *
 * A malformed flag becomes an error of its own and hurts no other, so compiling never throws. Maps
 * hold the flags, so that a key like `__proto__` is a key like any other.
 */
import type { ConditionParts, JsonLogic } from './condition.ts'
import { answersOf, behindPrerequisites, decideByRules, decideOff, fixedDecision } from './decide.ts'
import type { Decide, Decision, FlagLookup } from './decide.ts'
import type { EvaluationContext, Flag, JsonObject, ValueType } from './model.ts'
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
  /** The value of a number flag, the default where there is none. Allocates nothing and never throws. */
  readonly number: (key: string, context: EvaluationContext, defaultValue: number) => number
  /** The value of an object flag, frozen; the default where there is none. Allocates nothing and never throws. */
  readonly object: (key: string, context: EvaluationContext, defaultValue: JsonObject) => JsonObject
  /** What conditions refer to, for explanations. */
  readonly parts: ConditionParts
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
  /** The value of a number flag, the default where there is none. Allocates nothing and never throws. */
  readonly number: (context: EvaluationContext, defaultValue: number) => number
  /** The value of an object flag, frozen; the default where there is none. Allocates nothing and never throws. */
  readonly object: (context: EvaluationContext, defaultValue: JsonObject) => JsonObject
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

/** What a program adds to the engine. */
export interface Engines {
  /** For the conditions that an import could not say otherwise. A flag that has one is malformed where this is absent. */
  readonly jsonLogic?: JsonLogic | undefined
}

/** Compiles flags and segments. Never throws: a malformed flag evaluates to PARSE_ERROR and is listed in `problems`. */
export function compile(snapshot: Pick<Snapshot, 'flags' | 'segments'>, engines: Engines = {}): Compiled {
  const { jsonLogic } = engines
  const parts: ConditionParts = { segment: compileSegments(keyed(snapshot.segments), jsonLogic), jsonLogic }
  const { flags, problems } = compileFlags(keyed(snapshot.flags), parts)

  return {
    problems,
    parts,
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
    number(key, context, defaultValue) {
      const flag = flags.get(key)
      if (flag === undefined) return defaultValue
      const { value } = flag.fixed ?? flag.decide(context)
      return typeof value === 'number' ? value : defaultValue
    },
    object(key, context, defaultValue) {
      const flag = flags.get(key)
      if (flag === undefined) return defaultValue
      const { value } = flag.fixed ?? flag.decide(context)
      return typeof value === 'object' ? value : defaultValue
    },
  }
}

/** Prerequisites may lead to prerequisites this many flags deep. */
const MAX_PREREQUISITES = 16

/**
 * Compiles each flag after those that it asks for, level by level, so that the order of the flags
 * means nothing. What is left in the end goes round in a circle, or too deep.
 */
function compileFlags(
  flags: readonly Flag[],
  parts: ConditionParts,
): { readonly flags: ReadonlyMap<string, CompiledFlag>; readonly problems: readonly Problem[] } {
  // A snapshot has each key once; should one come twice, the last one holds.
  const definitions = new Map(flags.map((flag) => [flag.key, flag]))
  const built = new Map<string, CompiledFlag>()
  const problems: Problem[] = []

  /** Compiles a flag; what is returned keeps it. */
  function compiledBy(flag: Flag): () => void {
    const { problem, ...decision } = compileFlag(flag, parts, lookup)
    return () => {
      if (problem !== undefined) problems.push({ flag: flag.key, message: problem })
      built.set(flag.key, withAccessors(flag, decision))
    }
  }

  function lookup(key: string): Decide {
    const flag = built.get(key)
    if (flag !== undefined) return flag.decide
    const what = definitions.has(key) ? 'leads in a circle, or too deep' : 'does not exist'
    throw new Error(`the prerequisite ${JSON.stringify(key)} ${what}`)
  }

  let waiting = [...definitions.values()]
  for (let level = 0; level <= MAX_PREREQUISITES && waiting.length > 0; level++) {
    const isReady = (flag: Flag): boolean =>
      prerequisiteKeys(flag).every((key) => built.has(key) || !definitions.has(key))
    const ready = waiting.filter(isReady)
    if (ready.length === 0) break
    waiting = waiting.filter((flag) => !isReady(flag))
    for (const flag of ready) compiledBy(flag)()
  }
  // Found before any of them is kept: none may find another one of them, whatever their order.
  const left = waiting.map((flag) => compiledBy(flag))
  for (const keep of left) keep()
  return { flags: built, problems }
}

/** The flags that a flag asks for; whatever is no list of them is reported when the flag is compiled. */
function prerequisiteKeys({ prerequisites }: Flag): readonly string[] {
  if (!Array.isArray(prerequisites)) return []
  return prerequisites.flatMap((it: unknown) =>
    typeof it === 'object' && it !== null && 'flag' in it && typeof it.flag === 'string' ? [it.flag] : [],
  )
}

function compileFlag(
  flag: Flag,
  parts: ConditionParts,
  lookup: FlagLookup,
): Decision & { readonly problem?: string } {
  // The kill switch works on a flag whose rules are malformed, too.
  let off: Decision | undefined
  try {
    const answers = answersOf(flag)
    if (!flag.enabled) off = decideOff(answers)
    const byRules = behindPrerequisites(answers, decideByRules(answers, parts), lookup)
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
    number(context, defaultValue) {
      const { value } = fixed ?? decide(context)
      return typeof value === 'number' ? value : defaultValue
    },
    object(context, defaultValue) {
      const { value } = fixed ?? decide(context)
      return typeof value === 'object' ? value : defaultValue
    },
  }
}

/** The members that have a key at all; the wire is checked by its reader, but compiling must never throw. */
function keyed<Thing extends { readonly key: string }>(things: readonly Thing[]): readonly Thing[] {
  return things.filter((thing: unknown) => {
    return typeof thing === 'object' && thing !== null && 'key' in thing && typeof thing.key === 'string'
  })
}
