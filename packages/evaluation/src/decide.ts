/**
 * How one flag decides: disabled, then its rules in order, then the fallthrough.
 *
 * The rule that a rollout owns stands among the other rules. It is the only one that needs to know
 * what the later ones served, because a context that it left out belongs to the control arm only
 * if it is finally served the control variant.
 */
import { isAlways } from './condition.ts'
import type { Test } from './condition.ts'
import type {
  Allocation,
  Condition,
  EvaluationContext,
  ExposedAudience,
  Exposure,
  Flag,
  Rule,
  RuleRollout,
} from './model.ts'
import { exposed, failed, served, valueOf, valuesOf } from './outcome.ts'
import type { Answers, Circumstance, Outcome } from './outcome.ts'
import type { ErrorCode } from './reason.ts'
import { coversAll, split } from './split.ts'
import type { Step } from './split.ts'

/** Decides for one context. Throws only what reading the context throws. */
export type Decide = (context: EvaluationContext) => Outcome

/** Compiles a condition. Throws an error with the reason if it is malformed. */
export type Tests = (condition: Condition) => Test

/** How a flag decides. */
export interface Decision {
  readonly decide: Decide
  /** The answer, where it is the same for every context: the fast paths need not look at the context then. */
  readonly fixed: Outcome | undefined
}

/** The decision that is the same for every context. */
export function fixedDecision(outcome: Outcome): Decision {
  return { decide: () => outcome, fixed: outcome }
}

const VALUE_TYPES: ReadonlySet<unknown> = new Set(['boolean', 'string', 'number', 'object'])

/** What the answers of this flag are made from. Throws an error with the reason if its variants are malformed. */
export function answersOf(flag: Flag): Answers {
  if (!VALUE_TYPES.has(flag.valueType)) {
    throw new TypeError(`unknown value type ${JSON.stringify(flag.valueType)}`)
  }
  const values = valuesOf(flag)
  const owned = flag.rules.find((rule) => rule.rollout !== undefined)
  const audiences =
    owned !== undefined && 'exposure' in owned.serve
      ? owned.serve.exposure.audiences.map((audience) => audience.id)
      : []
  return { flag, values, rollout: owned?.rollout, audiences }
}

/** The decision of a disabled flag. Throws an error if it has no such off variant. */
export function decideOff(answers: Answers): Decision {
  return fixedDecision(served(answers, answers.flag.offVariant, { reason: 'DISABLED' }))
}

/** The decision of an enabled flag. Throws an error with the reason if any rule of it is malformed. */
export function decideByRules(answers: Answers, tests: Tests): Decision {
  const { rules } = answers.flag
  if (rules.filter((rule) => rule.rollout !== undefined).length > 1) {
    throw new Error('more than one rule belongs to a rollout')
  }
  const last = fallthrough(answers)
  if (rules.length === 0) return last

  const [before, [owned, ...after]] = aroundExposure(rules)
  const rest = inOrder(
    after.map((rule) => ordinaryRule(answers, rule, tests)),
    last.decide,
  )
  const middle = owned === undefined ? rest : withExposure(answers, owned, tests, rest)
  return {
    decide: inOrder(
      before.map((rule) => ordinaryRule(answers, rule, tests)),
      middle,
    ),
    fixed: undefined,
  }
}

/** The decision of another flag. Throws an error if there is none, or if it asks for this one. */
export type FlagLookup = (key: string) => Decide

/**
 * The decision behind its prerequisites: the off variant, with reason DEFAULT, until all of them are
 * met. One that cannot be evaluated for a context is no answer either way, so its error is passed on.
 */
export function behindPrerequisites(answers: Answers, decision: Decision, lookup: FlagLookup): Decision {
  const { prerequisites = [], offVariant } = answers.flag
  if (prerequisites.length === 0) return decision
  const off = served(answers, offVariant, { reason: 'DEFAULT' })
  const asked = prerequisites.map(({ flag, variants, enabled }) => {
    if (!Array.isArray(variants))
      throw new TypeError(`the prerequisite ${JSON.stringify(flag)} names no variants`)
    return { decide: lookup(flag), wanted: new Set(variants), failure: prerequisiteFailures(flag), enabled }
  })
  return {
    decide: (context) => {
      for (const { decide, wanted, failure, enabled } of asked) {
        const { evaluation } = decide(context)
        if ('errorCode' in evaluation) return failure(evaluation.errorCode)
        if (enabled === true && evaluation.reason === 'DISABLED') return off
        if (!wanted.has(evaluation.variant)) return off
      }
      return decision.decide(context)
    },
    fixed: undefined,
  }
}

/** The error of a prerequisite as this flag's, made once for each code. */
function prerequisiteFailures(flag: string): (code: ErrorCode) => Outcome {
  const made = new Map<ErrorCode, Outcome>()
  return (code) => {
    const outcome =
      made.get(code) ?? failed(code, `the prerequisite ${JSON.stringify(flag)} cannot be evaluated`)
    made.set(code, outcome)
    return outcome
  }
}

/** The rules before the one with an exposure, then that one and those after it; without one, all are before it. */
function aroundExposure(rules: readonly Rule[]): [readonly Rule[], readonly Rule[]] {
  const at = rules.findIndex((rule) => 'exposure' in rule.serve)
  return at < 0 ? [rules, []] : [rules.slice(0, at), rules.slice(at)]
}

/**
 * The first step that answers, or else the last one. Steps are named one by one and not kept in a list: so
 * V8 can follow them from a handle and compile them into one piece.
 */
function inOrder([a, b, c, d, ...more]: readonly Step[], last: Decide): Decide {
  if (a === undefined) return last
  if (b === undefined) return (context) => a(context) ?? last(context)
  if (c === undefined) return (context) => a(context) ?? b(context) ?? last(context)
  if (d === undefined) return (context) => a(context) ?? b(context) ?? c(context) ?? last(context)
  const rest = more.length < 5 ? inOrder(more, last) : inList(more, last)
  return (context) => a(context) ?? b(context) ?? c(context) ?? d(context) ?? rest(context)
}

function inList(steps: readonly Step[], last: Decide): Decide {
  return (context) => {
    for (const step of steps) {
      const outcome = step(context)
      if (outcome !== undefined) return outcome
    }
    return last(context)
  }
}

function ordinaryRule(answers: Answers, rule: Rule, tests: Tests): Step {
  const { when, serve, id: ruleId } = rule
  if ('exposure' in serve) throw new Error('an exposure stands outside the rule that a rollout owns')
  const test = isAlways(when) ? undefined : tests(when)
  if ('allocation' in serve) {
    const step = allocate(answers, serve.allocation, { reason: 'SPLIT', ruleId }, undefined)
    return test === undefined ? step : (context) => (test(context) ? step(context) : undefined)
  }
  const match = served(answers, serve.variant, { reason: 'TARGETING_MATCH', ruleId })
  return test === undefined ? () => match : (context) => (test(context) ? match : undefined)
}

function allocate<Gap extends Outcome | undefined>(
  answers: Answers,
  allocation: Allocation,
  circumstance: Circumstance,
  gap: Gap,
): (context: EvaluationContext) => Outcome | Gap {
  // One answer for each variant, so that adjacent ranges of the same variant are recognised as one.
  const byVariant = new Map<string, Outcome>()
  const ranges = allocation.ranges.map(({ from, to, variant }) => {
    const outcome = byVariant.get(variant) ?? served(answers, variant, circumstance)
    byVariant.set(variant, outcome)
    return { from, to, outcome }
  })
  return split(allocation, ranges, gap)
}

/** A fallthrough allocation that leaves the key out serves the off variant, with reason DEFAULT: nothing stands after it. */
function fallthrough(answers: Answers): Decision {
  const { fallthrough: serve, rules, offVariant } = answers.flag
  const off = served(answers, offVariant, { reason: 'DEFAULT' })
  if ('exposure' in serve) throw new Error('an exposure stands in the fallthrough')
  if ('allocation' in serve) {
    return { decide: allocate(answers, serve.allocation, { reason: 'SPLIT' }, off), fixed: undefined }
  }
  return fixedDecision(served(answers, serve.variant, { reason: rules.length === 0 ? 'STATIC' : 'DEFAULT' }))
}

function withExposure(answers: Answers, rule: Rule, tests: Tests, rest: Decide): Decide {
  const { rollout, flag } = answers
  if (!('exposure' in rule.serve) || rule.rollout === undefined || rollout === undefined) {
    throw new Error('an exposure stands in a rule that no rollout owns')
  }
  const { exposure } = rule.serve
  for (const variant of [exposure.variant, rollout.treatment, rollout.control]) valueOf(flag, variant)

  const when = tests(rule.when)
  const audiences = exposure.audiences.map((audience) =>
    exposedAudience({ answers, rule, rollout, exposure }, audience, tests),
  )

  return (context) => {
    if (!when(context)) return rest(context)
    for (let i = 0; i < audiences.length; i++) {
      const audience = audiences[i]
      if (audience === undefined || !audience.belongs(context)) continue
      const outcome = audience.expose(context)
      if (outcome !== undefined) return outcome
      const otherwise = rest(context)
      return otherwise.control?.[i] ?? otherwise
    }
    return rest(context)
  }
}

interface Owned {
  readonly answers: Answers
  readonly rule: Rule
  readonly rollout: RuleRollout
  readonly exposure: Exposure
}

function exposedAudience(
  { answers, rule, rollout, exposure }: Owned,
  audience: ExposedAudience,
  tests: Tests,
): { readonly belongs: Test; readonly expose: Step } {
  const reason = coversAll(audience.ranges) ? 'TARGETING_MATCH' : 'SPLIT'
  const answer = { variant: exposure.variant, audience: audience.id, reason, ruleId: rule.id } as const
  const outcome = exposed(answers, rollout, answer)
  const ranges = audience.ranges.map(({ from, to }) => ({ from, to, outcome }))
  return { belongs: tests(audience.when), expose: split(exposure, ranges, undefined) }
}
