/**
 * What an environment serves as features of Unleash, for SDKs that evaluate by themselves.
 *
 * A flag that cannot be said so that they answer as we do is left out, with the reason: an SDK of Unleash
 * takes it for a feature that is not there, so it is not enabled. `answer.ts` says what an answer is.
 */
import type { Allocation, Condition, Flag, Prerequisite, Segment, Serve } from '@flagmarshal/evaluation'

import { NotHere } from '../imported.ts'
import { isEnabled, isVariant, payloadOf } from './answer.ts'
import { conjunctionsOf } from './conjunctions.ts'
import type { Conjunction } from './conjunctions.ts'
import { fieldOf, thereConstraint } from './constraint-out.ts'
import type { Constraint, Payload } from './model.ts'
import { isThere } from './strategy.ts'

interface FeatureVariant {
  readonly name: string
  readonly weight: number
  readonly stickiness: string
  readonly payload?: Payload
}

interface FeatureStrategy {
  readonly name: 'default' | 'flexibleRollout'
  readonly parameters: Readonly<Record<string, string>>
  readonly constraints: readonly Constraint[]
  readonly variants: readonly FeatureVariant[]
}

/** A feature as `/api/client/features` has it. */
export interface UnleashFeature {
  readonly name: string
  readonly type: string
  readonly project: string
  readonly enabled: boolean
  readonly stale: false
  readonly impressionData: false
  readonly strategies: readonly FeatureStrategy[]
  readonly variants: readonly FeatureVariant[]
  readonly dependencies?: readonly {
    readonly feature: string
    readonly enabled: boolean
    readonly variants?: readonly string[]
  }[]
}

/** A flag that is left out. */
export interface LeftOut {
  readonly flag: string
  /** A clause that says why. */
  readonly why: string
}

/** What an SDK is sent. */
export interface UnleashFeatures {
  readonly features: readonly UnleashFeature[]
  readonly leftOut: readonly LeftOut[]
}

const BUCKETS = 100_000
const PERCENT = 1_000
const MOST_STRATEGIES = 100
const NOBODY: Condition = { any: [] }
const EVERYBODY: Condition = { all: [] }

/** The features of an environment, and the flags that cannot be said so. */
export function unleashFeatures({
  flags,
  segments,
}: {
  readonly flags: readonly Flag[]
  readonly segments: readonly Segment[]
}): UnleashFeatures {
  const known = new Map(segments.map((it) => [it.key, it]))
  const byKey = new Map(flags.map((it) => [it.key, it]))
  const made = new Map<string, UnleashFeature>()
  const leftOut: LeftOut[] = []
  // Those that others ask for first.
  for (const flag of flags.toSorted((a, b) => Number(asks(a)) - Number(asks(b))))
    try {
      made.set(flag.key, featureOf(flag, { segments: known, flags: byKey, made }))
    } catch (error) {
      if (!(error instanceof NotHere)) throw error
      leftOut.push({ flag: flag.key, why: error.message })
    }
  const features = flags.flatMap((it) => made.get(it.key) ?? [])
  return { features, leftOut }
}

function asks({ enabled, prerequisites = [] }: Flag): boolean {
  return enabled && prerequisites.length > 0
}

interface Around {
  readonly segments: ReadonlyMap<string, Segment>
  readonly flags: ReadonlyMap<string, Flag>
  readonly made: ReadonlyMap<string, UnleashFeature>
}

function featureOf(flag: Flag, around: Around): UnleashFeature {
  const base = {
    name: flag.key,
    type: typeOf(flag),
    project: 'default',
    stale: false,
    impressionData: false,
    variants: [],
  } as const
  const offIsOn = isEnabled(flag, flag.offVariant)
  if (!flag.enabled)
    return {
      ...base,
      enabled: offIsOn,
      strategies: offIsOn ? [{ name: 'default', parameters: {}, constraints: [], variants: [] }] : [],
    }
  const { prerequisites = [] } = flag
  if (prerequisites.length > 0 && offIsOn)
    throw new NotHere('it serves true while what it asks for first is not met')
  const dependencies = prerequisites.map((it) => dependencyOf(it, around))
  const strategies = strategiesOf(flag, around.segments)
  // Without strategies a feature is for everybody, so one that is for nobody is not enabled.
  return {
    ...base,
    enabled: strategies.length > 0,
    strategies,
    ...(dependencies.length === 0 ? {} : { dependencies }),
  }
}

function typeOf({ kind }: Flag): string {
  return kind === 'ops' ? 'operational' : kind
}

function dependencyOf(
  wanted: Prerequisite,
  { flags, made }: Around,
): NonNullable<UnleashFeature['dependencies']>[number] {
  const { flag: feature, variants } = wanted
  const flag = flags.get(feature)
  const parent = made.get(feature)
  if (flag === undefined || parent === undefined)
    throw new NotHere(`it asks for ${feature} first, which is left out`)
  if ((parent.dependencies ?? []).length > 0)
    throw new NotHere(
      `it asks for ${feature} first, which asks for another: SDKs of Unleash look no further than one`,
    )
  const on = Object.keys(flag.variants).filter((it) => isEnabled(flag, it))
  const off = Object.keys(flag.variants).filter((it) => !isEnabled(flag, it))
  const wantsOff = off.some((it) => variants.includes(it))
  if (!wantsOff && on.every((it) => variants.includes(it))) return { feature, enabled: true }
  if (
    wantsOff &&
    !('enabled' in wanted) &&
    off.every((it) => variants.includes(it)) &&
    !on.some((it) => variants.includes(it)) &&
    !canFail(flag)
  )
    return { feature, enabled: false }
  if (wantsOff || flag.valueType === 'boolean')
    throw new NotHere(`what it wants of ${feature} is neither enabled nor one of its variants`)
  return { feature, enabled: true, variants: variants.map((it) => (isVariant(flag, it) ? it : 'disabled')) }
}

/** Whether a context without a key ends in an error, which is neither enabled nor not. */
function canFail({ rules, fallthrough }: Flag): boolean {
  return [...rules.map((it) => it.serve), fallthrough].some((it) => !('variant' in it))
}

/** A way in, and what is served to those who come by it. */
interface Step {
  readonly when: Condition
  readonly serve: Exclude<Serve, { readonly exposure: unknown }>
}

function strategiesOf(flag: Flag, segments: ReadonlyMap<string, Segment>): readonly FeatureStrategy[] {
  const steps: readonly Step[] = [
    ...flag.rules.flatMap(({ when, serve }) => stepsOf(when, serve)),
    ...stepsOf(EVERYBODY, flag.fallthrough),
    // Whom the fallthrough leaves out is served the off variant.
    { when: EVERYBODY, serve: { variant: flag.offVariant } },
  ]
  const strategies: FeatureStrategy[] = []
  // Who was answered that it is not enabled must not come in by a later strategy.
  let still: Condition = EVERYBODY
  const except = (gone: Condition): void => void (still = { all: [still, { not: gone }] })
  const lastOn = steps.findLastIndex(({ serve }) => servesOn(flag, serve))
  for (const { when, serve } of steps.slice(0, lastOn + 1)) {
    const ways = parts(flag, serve)
    for (const way of ways.strategies)
      for (const conjunction of conjunctionsOf({ all: [still, when, ...way.when] }, segments))
        strategies.push(strategyOf(conjunction, way, flag))
    const keyless: Condition = {
      all: [when, ...(ways.by === undefined ? [NOBODY] : [{ not: isThere(ways.by) }])],
    }
    if (conjunctionsOf(keyless, segments).length > 0) except(keyless)
    if (ways.ends) except(when)
    if (strategies.length > MOST_STRATEGIES)
      throw new NotHere(`it becomes more than ${MOST_STRATEGIES} strategies`)
  }
  return strategies
}

/** The rule that a rollout owns, as ordinary ones: each context belongs to the first audience that it fits. */
function stepsOf(when: Condition, serve: Serve): readonly Step[] {
  if (!('exposure' in serve)) return [{ when, serve }]
  const { by, salt, hash, audiences, variant } = serve.exposure
  return audiences.map(({ when: own, ranges }, index) => ({
    when: { all: [when, own, ...audiences.slice(0, index).map((it): Condition => ({ not: it.when }))] },
    serve: { allocation: { by, salt, hash, ranges: ranges.map((it) => ({ ...it, variant })) } },
  }))
}

function servesOn(flag: Flag, serve: Step['serve']): boolean {
  const names = 'variant' in serve ? [serve.variant] : serve.allocation.ranges.map((it) => it.variant)
  return names.some((it) => isEnabled(flag, it))
}

/** One strategy, but for the constraints of its conjunction. */
interface Way {
  /** Asked beside the rule's own condition. */
  readonly when: readonly Condition[]
  readonly variants: readonly { readonly name: string; readonly weight: number }[]
  /** By what variants are split: group and attribute. */
  readonly split?: { readonly group: string; readonly by: string }
}

interface Ways {
  readonly strategies: readonly Way[]
  /** What is bucketed, where a context without it ends in an error. */
  readonly by?: string
  /** Whether nobody whom the rule fits goes on to the next one. */
  readonly ends: boolean
}

function parts(flag: Flag, serve: Step['serve']): Ways {
  const one = (name: string): readonly Way[] =>
    isEnabled(flag, name) ? [{ when: [], variants: [{ name, weight: 1_000 }] }] : []
  if ('variant' in serve) return { strategies: one(serve.variant), ends: !isEnabled(flag, serve.variant) }
  const { allocation } = serve
  const ranges = allocation.ranges.filter((it) => it.from < it.to).toSorted((a, b) => a.from - b.from)
  const [first] = ranges
  const end = ranges.reduce((at, it) => (it.from === at ? it.to : Number.NaN), 0)
  if (first === undefined) return { strategies: [], ends: false }
  if (end === BUCKETS && ranges.every((it) => it.variant === first.variant))
    return parts(flag, { variant: first.variant })
  if ('contextKind' in allocation) throw new NotHere('it buckets a kind of context')
  if (allocation.hash === 'unleash') return shares(flag, allocation, ranges)
  if (allocation.hash === 'unleash-variant' || allocation.hash === 'unleash-weights')
    return split(flag, allocation, ranges, end)
  throw new NotHere(
    `its shares are of the scheme ${allocation.hash}, which SDKs of Unleash cannot reckon: use "unleash"`,
  )
}

/** Shares from 0 on: whoever is not in the first is asked for the next. */
function shares(flag: Flag, { by, salt, hash }: Allocation, ranges: Allocation['ranges']): Ways {
  const on = ranges.findIndex((it) => !isEnabled(flag, it.variant))
  const enabled = on < 0 ? ranges : ranges.slice(0, on)
  const off = on < 0 ? [] : ranges.slice(on)
  let at = 0
  const strategies = enabled.map(({ from, to, variant }): Way => {
    if (from !== at || to % PERCENT !== 0)
      throw new NotHere('its shares are no whole percents, one after the other')
    at = to
    return {
      when: [{ bucketed: { by, salt, hash, ranges: [{ from: 0, to }] } }],
      variants: [{ name: variant, weight: 1_000 }],
    }
  })
  for (const { from, to, variant } of off) {
    if (from !== at || isEnabled(flag, variant))
      throw new NotHere('one of its shares is not enabled, and another one after it is')
    at = to
  }
  if (off.length > 0 && at !== BUCKETS) throw new NotHere('a share that is not enabled does not reach 100 %')
  return { strategies, by, ends: off.length > 0 }
}

/** Variants by weight. */
function split(flag: Flag, { by, salt, hash }: Allocation, ranges: Allocation['ranges'], end: number): Ways {
  if (end !== BUCKETS) throw new NotHere('its variants leave keys out')
  if (ranges.some((it) => !isEnabled(flag, it.variant) || !isVariant(flag, it.variant)))
    throw new NotHere('one of the variants that it splits over is none to Unleash')
  const [, sum = '1000', group = salt] = hash === 'unleash-weights' ? (/^(\d+):(.*)$/s.exec(salt) ?? []) : []
  const total = Number(sum)
  let before = 0
  const variants = ranges.map(({ to, variant }) => {
    const until = Math.ceil((to * total) / BUCKETS)
    if (Math.floor((until * BUCKETS) / total) !== to) throw new NotHere('its weights are no whole numbers')
    const weight = until - before
    before = until
    return { name: variant, weight }
  })
  return { strategies: [{ when: [isThere(by)], variants, split: { group, by } }], by, ends: false }
}

function strategyOf(
  { constraints, share }: Conjunction,
  { variants, split: by }: Way,
  flag: Flag,
): FeatureStrategy {
  const group = by?.group ?? share?.salt ?? flag.key
  if (share !== undefined) checkShare(share, group)
  // A whole rollout is only there to name the group that variants are split by.
  const parameters = {
    groupId: group,
    rollout: String(share === undefined ? 100 : (share.ranges[0]?.to ?? 0) / PERCENT),
    stickiness: fieldOf(share?.by ?? by?.by ?? 'default'),
  }
  const implied = share?.by ?? by?.by
  const spare = implied === undefined ? undefined : JSON.stringify(thereConstraint(implied))
  const plain = share === undefined && by === undefined
  const stickiness = fieldOf(by?.by ?? 'default')
  return {
    name: plain ? 'default' : 'flexibleRollout',
    parameters: plain ? {} : parameters,
    constraints: constraints.filter((it) => JSON.stringify(it) !== spare).map(complete),
    variants: variants
      .filter(({ name }) => isVariant(flag, name))
      .map(({ name, weight }) => {
        const payload = payloadOf(flag.variants[name])
        return { name, weight, stickiness, ...(payload === undefined ? {} : { payload }) }
      }),
  }
}

function checkShare({ hash, ranges, salt }: NonNullable<Conjunction['share']>, group: string): void {
  const [only] = ranges
  if (hash !== 'unleash')
    throw new NotHere(
      `its shares are of the scheme ${hash}, which SDKs of Unleash cannot reckon: use "unleash"`,
    )
  if (only === undefined || ranges.length > 1 || only.from !== 0 || only.to % PERCENT !== 0)
    throw new NotHere('a share of it is no whole percents from 0 on')
  if (salt !== group) throw new NotHere('a share and the variants in it are of different groups')
}

/** SDKs expect every field. */
function complete(constraint: Constraint): Constraint {
  return { values: [], inverted: false, caseInsensitive: false, ...constraint }
}
