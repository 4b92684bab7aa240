/**
 * The verification run of a flag in one environment (P-S2-4), on the real engine: an enabled draft
 * of it is asked about synthetic keys. The same keys each time, so the same flag gives the same answer.
 */
import { BUCKETS, compile, raise, share } from '@flagmarshal/evaluation'
import type { Allocation, Compiled, Engines, EvaluationContext, Flag, Segment } from '@flagmarshal/evaluation'

import type { Pieces } from '../../pieces.ts'
import type { JsonObject } from '../run.ts'
import type { TargetingCase } from './outputs.ts'

const KEYS = 10_000
/** Shares of everybody at which a planned exposure is tried, in percent. */
const PERCENTS = [10, 25, 50, 100] as const
/**
 * How far an observed share may lie from the exact one, in standard deviations of the binomial: a
 * sound flag fails in about one of 150,000 cases, and 10,000 keys show a fault of 2.3 % of everybody.
 */
const SIGMAS = 4.5
const SALT = 'verificationrun'

export interface Verification {
  readonly findings: readonly string[]
  readonly figures: JsonObject
}

export interface VerificationFacts {
  readonly segments: readonly Segment[]
  readonly cases: readonly TargetingCase[]
  readonly engines?: Engines | undefined
}

/** Everything that is wrong with how the flag would be served, and the figures. Each piece asks about 20,000 keys at most. */
export function* verifyFlag(flag: Flag, facts: VerificationFacts): Pieces<Verification> {
  const draft: Flag = { ...flag, enabled: true, rules: flag.rules.filter((it) => it.rollout === undefined) }
  const toggling = verifyToggling(draft, facts)
  const allocations: Verification[] = []
  for (const { name, allocation } of allocationsOf(draft)) {
    yield
    allocations.push(verifyAllocation(draft, name, allocation))
  }
  const exposure = yield* verifyExposure(draft)
  const cases = verifyCases(draft, facts)
  return {
    findings: [...toggling, ...allocations.flatMap((it) => it.findings), ...exposure.findings, ...cases],
    figures: {
      keys: KEYS,
      allocations: allocations.map((it) => it.figures),
      exposure: exposure.figures,
      targetingCases: facts.cases.length,
    },
  }
}

function verifyToggling(draft: Flag, { segments, engines }: VerificationFacts): readonly string[] {
  const off = decider(compile({ flags: [{ ...draft, enabled: false }], segments }, engines), draft.key)
  const on = decider(compile({ flags: [draft], segments }, engines), draft.key)
  const contexts = keys(100)
  const leaking = contexts.filter((it) => off(it) !== draft.offVariant).length
  const failing = contexts.filter((it) => on(it) === undefined).length
  return [
    ...(leaking === 0 ? [] : [`disabled, ${leaking} of 100 contexts are not served ${draft.offVariant}`]),
    ...(failing === 0 ? [] : [`enabled, ${failing} of 100 contexts get an error`]),
  ]
}

/** One split by itself: each variant gets its exact share, and the same key the same variant again. */
function verifyAllocation(draft: Flag, name: string, allocation: Allocation): Verification {
  const alone: Flag = { ...draft, rules: [], fallthrough: { allocation } }
  const ask = decider(compile({ flags: [alone], segments: [] }), draft.key)
  const again = decider(compile({ flags: [alone], segments: [] }), draft.key)
  const contexts = keys(KEYS, allocation.by)
  const served = contexts.map(ask)
  const moved = contexts.filter((it, index) => again(it) !== served[index]).length
  const variants = [...new Set(allocation.ranges.map((it) => it.variant))].map((variant) => {
    const expected = share(allocation.ranges.filter((it) => it.variant === variant)) / BUCKETS
    return { variant, expected, observed: served.filter((it) => it === variant).length / KEYS }
  })
  return {
    findings: [
      ...variants
        .filter((it) => !near(it.observed, it.expected))
        .map((it) => `${name}: ${it.variant} gets ${percent(it.observed)}, not ${percent(it.expected)}`),
      ...(moved === 0 ? [] : [`${name}: ${moved} keys changed their variant when asked again`]),
    ],
    figures: { name, variants },
  }
}

/** An exposure as a rollout makes it: each share is hit, and raising it takes nobody out. */
function* verifyExposure(draft: Flag): Pieces<Verification> {
  const treatment = Object.keys(draft.variants).find((it) => it !== draft.offVariant)
  if (treatment === undefined)
    return { findings: ['the flag has no variant but the one of its off state'], figures: {} }
  const contexts = keys(KEYS)
  let ranges = raise([], 0)
  let before = new Set<string>()
  const findings: string[] = []
  const steps: { percent: number; observed: number; takenOut: number }[] = []
  for (const target of PERCENTS) {
    yield
    ranges = raise(ranges, (target / 100) * BUCKETS)
    const ask = decider(compile({ flags: [exposing(draft, treatment, ranges)], segments: [] }), draft.key)
    const exposed = new Set(
      contexts.filter((it) => ask(it) === treatment).map((it) => String(it['targetingKey'])),
    )
    const takenOut = [...before].filter((it) => !exposed.has(it)).length
    const observed = exposed.size / KEYS
    if (!near(observed, target / 100))
      findings.push(`an exposure of ${target} % reaches ${percent(observed)}`)
    if (takenOut > 0) findings.push(`raising the exposure to ${target} % takes out ${takenOut} keys`)
    steps.push({ percent: target, observed, takenOut })
    before = exposed
  }
  return { findings, figures: { treatment, steps } }
}

function verifyCases(draft: Flag, { segments, cases, engines }: VerificationFacts): readonly string[] {
  const ask = decider(compile({ flags: [draft], segments }, engines), draft.key)
  return cases.flatMap(({ context, variant }, index) => {
    const served = ask(context)
    return served === variant
      ? []
      : [`targeting case ${index + 1}: served is ${served ?? 'an error'}, expected ${variant}`]
  })
}

function exposing(draft: Flag, treatment: string, ranges: ReturnType<typeof raise>): Flag {
  const audiences = [{ id: 'everybody', when: { all: [] }, ranges }]
  const exposure = { by: 'targetingKey', salt: SALT, hash: 'murmur3' as const, audiences, variant: treatment }
  const rollout = { id: 'verification', attempt: 1, treatment, control: draft.offVariant, keySampleRate: 0 }
  const rule = { id: 'verification', name: 'verification', when: { all: [] }, serve: { exposure }, rollout }
  return { ...draft, rules: [rule], fallthrough: { variant: draft.offVariant } }
}

function allocationsOf(flag: Flag): readonly { readonly name: string; readonly allocation: Allocation }[] {
  return [
    ...flag.rules.flatMap((it) =>
      'allocation' in it.serve ? [{ name: `rule ${it.name}`, allocation: it.serve.allocation }] : [],
    ),
    ...('allocation' in flag.fallthrough
      ? [{ name: 'fallthrough', allocation: flag.fallthrough.allocation }]
      : []),
  ]
}

/** The variant that is served; undefined where the answer is an error or there is none. */
function decider(compiled: Compiled, key: string): (context: EvaluationContext) => string | undefined {
  const flag = compiled.flag(key)
  return (context) => {
    const evaluation = flag?.decide(context).evaluation
    return evaluation !== undefined && 'variant' in evaluation ? evaluation.variant : undefined
  }
}

function keys(count: number, by = 'targetingKey'): readonly EvaluationContext[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `synthetic-${index}`
    return { targetingKey: key, [by]: key }
  })
}

function near(observed: number, expected: number): boolean {
  const deviation = Math.sqrt((expected * (1 - expected)) / KEYS)
  return Math.abs(observed - expected) <= SIGMAS * deviation + 1e-12
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
