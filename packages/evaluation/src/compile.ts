/**
 * A snapshot, compiled: everything that can be worked out before a flag is evaluated.
 *
 * A malformed flag becomes an error of its own and hurts no other, so compiling never throws. Maps
 * hold the flags, so that a key like `__proto__` is a key like any other.
 */
import { guarded } from './attribute.ts'
import type { ConditionParts, JsonLogic } from './condition.ts'
import { answersOf, behindPrerequisites, decideByRules, decideOff, fixedDecision } from './decide.ts'
import type { Decide, Decision, FlagLookup, Tests } from './decide.ts'
import type { EvaluationContext, Flag, FlagValue, JsonObject, ValueType } from './model.ts'
import { failed } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { compileSegments } from './segment.ts'
import { shareConditions } from './shared-conditions.ts'
import type { Snapshot } from './snapshot.ts'
import { Undecidable } from './undecidable.ts'

/** Flags and segments, ready to evaluate. */
export interface Compiled {
  /** What is wrong with which flag; empty for a snapshot in good order. Compiles every flag. */
  readonly problems: readonly Problem[]
  /** A flag to keep: evaluating it saves the search by key. `undefined` if there is none. */
  readonly flag: (key: string) => CompiledFlag | undefined
  /** Every flag for one context, in the order of the snapshot's flags: what several flags ask is worked out once. Never throws. */
  readonly all: (context: EvaluationContext) => readonly Outcome[]
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
  /** Told of a malformed flag when it is first asked for. */
  readonly onProblem?: (problem: Problem) => void
}

/**
 * Flags and segments, ready to evaluate: each is compiled when it is first asked for, so that a program
 * starts at once whatever the number of flags that it does not use. Never throws: a malformed flag
 * evaluates to PARSE_ERROR and is listed in `problems`.
 */
export function compile(snapshot: Pick<Snapshot, 'flags' | 'segments'>, engines: Engines = {}): Compiled {
  const { jsonLogic, onProblem } = engines
  const parts: ConditionParts = {
    segment: compileSegments(snapshot.segments.filter(hasKey), jsonLogic),
    jsonLogic,
  }
  const conditions = shareConditions(parts)
  const { built, find, all, problems } = compileFlags(snapshot.flags, conditions.test, onProblem)

  // A program asks for one flag several times in a row; then this saves the search.
  let last: Built | undefined
  const flagOf = (key: string): Built | undefined =>
    last?.key === key ? last : (last = built.get(key) ?? find(key))

  return {
    get problems() {
      return problems()
    },
    parts,
    flag: flagOf,
    all(context) {
      const everything = all()
      try {
        return conditions.during(context, () => outcomesOf(everything, context))
      } catch {
        return conditions.during(context, () => outcomesOneByOne(everything, context))
      }
    },
    boolean(key, context, defaultValue) {
      const flag = flagOf(key)
      if (flag === undefined) return defaultValue
      const value = flag.constant ?? flag.decide(context).value
      return typeof value === 'boolean' ? value : defaultValue
    },
    string(key, context, defaultValue) {
      const flag = flagOf(key)
      if (flag === undefined) return defaultValue
      const value = flag.constant ?? flag.decide(context).value
      return typeof value === 'string' ? value : defaultValue
    },
    number(key, context, defaultValue) {
      const flag = flagOf(key)
      if (flag === undefined) return defaultValue
      const value = flag.constant ?? flag.decide(context).value
      return typeof value === 'number' ? value : defaultValue
    },
    object(key, context, defaultValue) {
      const flag = flagOf(key)
      if (flag === undefined) return defaultValue
      const value = flag.constant ?? flag.decide(context).value
      return typeof value === 'object' ? value : defaultValue
    },
  }
}

/** Prerequisites may lead to prerequisites this many flags deep. */
const MAX_PREREQUISITES = 16

interface Built extends CompiledFlag {
  /** The value, where it is the same for every context. */
  readonly constant: FlagValue | undefined
  /** As `decide`, for whoever can do without its guard. Throws what reading the context throws. */
  readonly steps: Decide
}

interface Everything {
  /** In the order of the flags. */
  readonly outcomes: readonly Outcome[]
  /** The flags whose outcome depends on the context. */
  readonly open: readonly { readonly at: number; readonly steps: Decide }[]
}

interface Flags {
  /** Those that have been asked for. */
  readonly built: ReadonlyMap<string, Built>
  /** Compiles one that has not; `undefined` if there is none. */
  readonly find: (key: string) => Built | undefined
  /** Compiles what is left. */
  readonly all: () => Everything
  readonly problems: () => readonly Problem[]
}

function compileFlags(flags: readonly Flag[], tests: Tests, onProblem?: Engines['onProblem']): Flags {
  // A snapshot has each key once; should one come twice, the last one holds.
  const definitions = new Map<string, Flag>()
  for (const flag of flags) if (hasKey(flag)) definitions.set(flag.key, flag)
  const built = new Map<string, Built>()
  const malformed: Problem[] = []
  const depth = prerequisiteDepth(definitions)

  function find(key: string): Built | undefined {
    const flag = definitions.get(key)
    if (flag === undefined) return undefined
    const { problem, ...decision } = compileFlag(flag, tests, lookup)
    if (problem !== undefined) {
      malformed.push({ flag: key, message: problem })
      onProblem?.({ flag: key, message: problem })
    }
    const compiled = withAccessors(flag, decision)
    built.set(key, compiled)
    return compiled
  }

  function lookup(key: string): Decide {
    // Not deep: flags that go round in a circle are deeper than any number.
    const flag = depth(key) > MAX_PREREQUISITES ? undefined : (built.get(key) ?? find(key))
    if (flag !== undefined) return flag.decide
    const what = definitions.has(key) ? 'leads in a circle, or too deep' : 'does not exist'
    throw new Error(`the prerequisite ${JSON.stringify(key)} ${what}`)
  }

  let everything: Everything | undefined
  const all = (): Everything =>
    (everything ??= planOf([...definitions.keys()].flatMap((key) => built.get(key) ?? find(key) ?? [])))
  return {
    built,
    find,
    all,
    problems: () => {
      all()
      return malformed
    },
  }
}

/**
 * How many flags deep the prerequisites of a flag lead: 0 without any, Infinity where they are deeper
 * than allowed or go round in a circle. One that does not exist is no flag.
 */
function prerequisiteDepth(flags: ReadonlyMap<string, Flag>): (key: string) => number {
  const known = new Map<string, number>()
  return function depth(key, allowed = MAX_PREREQUISITES): number {
    const found = known.get(key)
    if (found !== undefined) return found
    const asked = prerequisiteKeys(flags.get(key)).filter((one) => flags.has(one))
    if (asked.length > 0 && allowed === 0) return Infinity
    let deepest = -1
    for (const one of asked) {
      deepest = Math.max(deepest, depth(one, allowed - 1))
      // The first that is too deep is enough, and keeps the walk through a circle short.
      if (deepest === Infinity) return Infinity
    }
    known.set(key, deepest + 1)
    return deepest + 1
  }
}

/** The flags that a flag asks for; whatever is no list of them is reported when the flag is compiled. */
function prerequisiteKeys(flag: Flag | undefined): readonly string[] {
  const prerequisites: unknown = flag?.prerequisites
  if (!Array.isArray(prerequisites)) return []
  return prerequisites.flatMap((it: unknown) =>
    typeof it === 'object' && it !== null && 'flag' in it && typeof it.flag === 'string' ? [it.flag] : [],
  )
}

function compileFlag(flag: Flag, tests: Tests, lookup: FlagLookup): Decision & { readonly problem?: string } {
  // The kill switch works on a flag whose rules are malformed, too.
  let off: Decision | undefined
  try {
    const answers = answersOf(flag)
    if (!flag.enabled) off = decideOff(answers)
    const byRules = behindPrerequisites(answers, decideByRules(answers, tests), lookup)
    return off ?? byRules
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...(off ?? fixedDecision(failed('PARSE_ERROR', problem))), problem }
  }
}

function withAccessors(flag: Flag, { decide: steps, fixed }: Decision): Built {
  const decide: Decide = (context) => {
    try {
      return steps(context)
    } catch (error) {
      return rescued(error, steps, context)
    }
  }
  return {
    key: flag.key,
    valueType: flag.valueType,
    flag,
    steps,
    decide,
    fixed,
    constant: fixed?.value,
    boolean(context, defaultValue) {
      const { value } = decide(context)
      return typeof value === 'boolean' ? value : defaultValue
    },
    string(context, defaultValue) {
      const { value } = decide(context)
      return typeof value === 'string' ? value : defaultValue
    },
    number(context, defaultValue) {
      const { value } = decide(context)
      return typeof value === 'number' ? value : defaultValue
    },
    object(context, defaultValue) {
      const { value } = decide(context)
      return typeof value === 'object' ? value : defaultValue
    },
  }
}

/** What is left to do for a context: the outcomes that are the same for all, and who decides the others. */
function planOf(flags: readonly Built[]): Everything {
  const outcomes = flags.map(({ fixed }) => fixed ?? PENDING)
  const open = flags.flatMap(({ fixed, steps }, at) => (fixed === undefined ? [{ at, steps }] : []))
  return { outcomes, open }
}

const PENDING = failed('GENERAL', 'not decided yet')

/** The outcomes in order. Throws what reading the context throws. */
function outcomesOf({ outcomes, open }: Everything, context: EvaluationContext): readonly Outcome[] {
  const found = outcomes.slice()
  for (const { at, steps } of open) found[at] = steps(context)
  return found
}

/** The same, one by one, where one of them has thrown. Never throws. */
function outcomesOneByOne({ outcomes, open }: Everything, context: EvaluationContext): readonly Outcome[] {
  const found = outcomes.slice()
  for (const { at, steps } of open) found[at] = decided(steps, context)
  return found
}

function decided(steps: Decide, context: EvaluationContext): Outcome {
  try {
    return steps(context)
  } catch (error) {
    return rescued(error, steps, context)
  }
}

/** The outcome where the steps have thrown: the context cannot be read as it is, or the flag not be evaluated for it. */
function rescued(error: unknown, steps: Decide, context: EvaluationContext): Outcome {
  if (error instanceof Undecidable) return error.outcome
  try {
    return steps(guarded(context))
  } catch (again) {
    if (again instanceof Undecidable) return again.outcome
    throw again
  }
}

/** Has it a key at all? The wire is checked by its reader, but compiling must never throw. */
function hasKey(thing: unknown): boolean {
  return typeof thing === 'object' && thing !== null && 'key' in thing && typeof thing.key === 'string'
}
