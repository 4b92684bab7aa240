/**
 * How one flag decides: disabled, then its rules in order, then the fallthrough.
 *
 * The rule that a rollout owns stands among the other rules. It is the only one that needs to know
 * what the later ones served, because a context that it left out belongs to the control arm only
 * if it is finally served the control variant.
 */
import { compileCondition, isAlways } from './condition.ts'
import type { SegmentLookup } from './condition.ts'
import type { Allocation, EvaluationContext, Exposure, Flag, Rule, Serve } from './model.ts'
import { exposed, served, valueOf } from './outcome.ts'
import type { Answers, Outcome } from './outcome.ts'
import { coversAll, split } from './split.ts'
import type { Step } from './split.ts'

/** The decision of a flag for one context. Never throws. */
export type Decide = (context: EvaluationContext) => Outcome

/** What the answers of this flag are made from. Throws an error with the reason if its variants are malformed. */
export function answersOf(flag: Flag): Answers {
  if (flag.valueType !== 'boolean' && flag.valueType !== 'string') {
    throw new TypeError(`unknown value type ${JSON.stringify(flag.valueType)}`)
  }
  for (const variant of Object.keys(flag.variants)) valueOf(flag, variant)
  const owned = flag.rules.find((rule) => rule.rollout !== undefined)
  const audiences =
    owned !== undefined && 'exposure' in owned.serve
      ? owned.serve.exposure.audiences.map((audience) => audience.id)
      : []
  return { flag, rollout: owned?.rollout, audiences }
}

/** The decision of a disabled flag. Throws an error if it has no such off variant. */
export function decideOff(answers: Answers): Decide {
  const off = served(answers, answers.flag.offVariant, { reason: 'DISABLED' })
  return () => off
}

/** The decision of an enabled flag. Throws an error with the reason if any rule of it is malformed. */
export function decideByRules(answers: Answers, segment: SegmentLookup): Decide {
  const { rules } = answers.flag
  if (rules.filter((rule) => rule.rollout !== undefined).length > 1) {
    throw new Error('more than one rule belongs to a rollout')
  }
  const last = fallthrough(answers)
  const at = rules.findIndex((rule) => 'exposure' in rule.serve)
  if (at < 0)
    return inOrder(
      rules.map((rule) => ordinaryRule(answers, rule, segment)),
      last,
    )

  const rule = rules[at]
  if (rule === undefined || !('exposure' in rule.serve)) throw new Error('unreachable: found above')
  const before = rules.slice(0, at).map((earlier) => ordinaryRule(answers, earlier, segment))
  const after = rules.slice(at + 1).map((later) => ordinaryRule(answers, later, segment))
  return inOrder(
    before,
    withExposure(answers, { rule, exposure: rule.serve.exposure }, segment, inOrder(after, last)),
  )
}

function inOrder(steps: readonly Step[], last: Decide): Decide {
  if (steps.length === 0) return last
  return (context) => {
    for (const step of steps) {
      const outcome = step(context)
      if (outcome !== undefined) return outcome
    }
    return last(context)
  }
}

function ordinaryRule(answers: Answers, rule: Rule, segment: SegmentLookup): Step {
  const { when, serve, id: ruleId } = rule
  const step = serveStep(answers, serve, ruleId)
  if (isAlways(when)) return step
  const test = compileCondition(when, segment)
  return (context) => (test(context) ? step(context) : undefined)
}

function serveStep(answers: Answers, serve: Serve, ruleId: string): Step {
  if ('exposure' in serve) throw new Error('an exposure stands outside the rule that a rollout owns')
  if ('allocation' in serve) return allocate(answers, serve.allocation, ruleId)
  const match = served(answers, serve.variant, { reason: 'TARGETING_MATCH', ruleId })
  return () => match
}

function allocate(answers: Answers, allocation: Allocation, ruleId?: string): Step {
  // One answer for each variant, so that adjacent ranges of the same variant are recognised as one.
  const byVariant = new Map<string, Outcome>()
  for (const { variant } of allocation.ranges) {
    if (byVariant.has(variant)) continue
    byVariant.set(
      variant,
      served(answers, variant, ruleId === undefined ? { reason: 'SPLIT' } : { reason: 'SPLIT', ruleId }),
    )
  }
  const ranges = allocation.ranges.flatMap(({ from, to, variant }) => {
    const outcome = byVariant.get(variant)
    return outcome === undefined ? [] : [{ from, to, outcome }]
  })
  return split(allocation, ranges)
}

/** A fallthrough allocation that leaves the key out serves the off variant, with reason DEFAULT: nothing stands after it. */
function fallthrough(answers: Answers): Decide {
  const { fallthrough: serve, rules, offVariant } = answers.flag
  const off = served(answers, offVariant, { reason: 'DEFAULT' })
  if ('exposure' in serve) throw new Error('an exposure stands in the fallthrough')
  if ('allocation' in serve) {
    const step = allocate(answers, serve.allocation)
    return (context) => step(context) ?? off
  }
  const outcome = served(answers, serve.variant, { reason: rules.length === 0 ? 'STATIC' : 'DEFAULT' })
  return () => outcome
}

function withExposure(
  answers: Answers,
  owned: { readonly rule: Rule; readonly exposure: Exposure },
  segment: SegmentLookup,
  rest: Decide,
): Decide {
  const { rule, exposure } = owned
  const { rollout, flag } = answers
  if (rule.rollout === undefined || rollout === undefined) {
    throw new Error('an exposure stands in a rule that no rollout owns')
  }
  const when = compileCondition(rule.when, segment)
  const audiences = exposure.audiences.map(({ id, when: belongs, ranges }) => {
    const reason = coversAll(ranges) ? ('TARGETING_MATCH' as const) : ('SPLIT' as const)
    const outcome = exposed(flag, rollout, {
      variant: exposure.variant,
      audience: id,
      reason,
      ruleId: rule.id,
    })
    return {
      belongs: compileCondition(belongs, segment),
      expose: split(
        exposure,
        ranges.map(({ from, to }) => ({ from, to, outcome })),
      ),
    }
  })
  for (const variant of [exposure.variant, rollout.treatment, rollout.control]) valueOf(flag, variant)

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
