/**
 * The power pre-flight: whom each increment reaches, and what it can see at the traffic there is (F10,
 * P-S3-6).
 *
 * The engine waits at an increment for its part of the bake time, never for less than 30 windows, and
 * where it compares arms for 1.6 times the estimate, so the answer is given for the time that it will
 * really wait. Estimates, not promises: at the estimate itself every other regression is still unseen.
 */
import type { Guardrail } from '../analysis/model.ts'
import { UNKNOWN_DISPERSION, type Dispersion } from '../analysis/statistics/dispersion.ts'
import { windowsToExceed } from '../analysis/statistics/power-alone.ts'
import { requestsToProve, windowsToSee } from '../analysis/statistics/power.ts'
import type { Pieces } from '../pieces.ts'
import { expectedShare } from './exposure.ts'
import { countedOf, MINUTE_MS, type Counted, type MeasuredTraffic } from './history.ts'
import type { RolloutPlan, Stage } from './model.ts'
import {
  guardrailsOf,
  hasControl,
  LEAST_WINDOWS,
  nextStep,
  percentOf,
  POWER_MARGIN,
  stageOf,
  type Step,
} from './position.ts'
import type { MeasuredCriterion } from './tried-history.ts'

/** Regressions that everybody wants to know of, beside the plan's own. */
const RATIOS = [1.3, 3, 10] as const

/** What an audience does without the feature. */
export interface ExpectedTraffic {
  /** Requests of the whole audience in a minute. */
  readonly perMinute: number
  /** Share of bad requests, 0..1; absent where the telemetry has counted nobody. */
  readonly badShare?: number
  /** Share of slow requests, 0..1; 0 where it is not known. */
  readonly slowShare?: number
  /** Measured, of each count; the plan's declared one goes before it. */
  readonly dispersion?: Partial<Readonly<Record<Counted, Dispersion>>>
  /** Criteria that are counted elsewhere, by id. */
  readonly elsewhere?: Readonly<Record<string, ExpectedCounts>>
}

/** What one criterion counts in an audience without the feature. */
export interface ExpectedCounts {
  readonly perMinute: number
  readonly share: number
  readonly dispersion: Dispersion
}

/** One increment of the plan. */
export interface StepPower extends Step {
  readonly name: string
  readonly audience: string
  /** Of the stage's own audience. */
  readonly percent: number
  readonly control: boolean
  /** Expected share of everybody, 0..1, exposed in all audiences together. */
  readonly share: number
  /** Expected distinct users exposed, of the plan's `expectedKeys`; null where the plan does not say. */
  readonly users: number | null
  /** Exposed requests a minute in the stage's audience; null where its traffic is not known. */
  readonly requestsPerMinute: number | null
  /** The increment's part of the stage's bake time. */
  readonly bakeMs: number
  /** What the engine will wait for at least, as far as the traffic tells. */
  readonly waitsMs: number
  /** The stage's maximum. */
  readonly maxMs: number
  readonly criteria: readonly CriterionPower[]
}

/** One guardrail at one increment. Durations are expectations; null: never at this traffic. */
export interface CriterionPower {
  readonly criterion: string
  readonly phi: number
  /** When a regression of so many times is seen. */
  readonly sees: readonly { readonly ratio: number; readonly afterMs: number | null }[]
  /** The smallest regression that is seen while the engine waits; null: none up to 100 times. */
  readonly smallest: number | null
  /** When the evidence of a Go is there. */
  readonly goAfterMs: number | null
  /** Whether the plan's own regression is seen while the engine waits. */
  readonly enough: boolean
  /** The increment's bake time that would be enough; null where none is. */
  readonly neededMs: number | null
  readonly sentence: string
}

/** What a plan can see, increment by increment: each is a piece. */
export function* preFlight(
  plan: RolloutPlan,
  facts: {
    /** By audience id; those of segments are taken to be as busy as everybody, by their share. */
    readonly traffic: Readonly<Record<string, ExpectedTraffic>>
    readonly audienceShares: Readonly<Record<string, number>>
    readonly expectedKeys?: number
  },
): Pieces<readonly StepPower[]> {
  const steps: StepPower[] = []
  for (
    let step: Step | undefined = { stage: 0, increment: 0 };
    step !== undefined;
    step = nextStep(plan, step)
  ) {
    const stage = stageOf(plan, step.stage)
    const traffic = facts.traffic[stage.audience.id]
    const share = expectedShare(plan, step, facts.audienceShares)
    const waits = waitsMs(plan, step, traffic)
    steps.push({
      ...step,
      name: stage.name,
      audience: stage.audience.id,
      percent: percentOf(plan, step),
      control: hasControl(plan, step),
      share,
      users: facts.expectedKeys === undefined ? null : Math.round(share * facts.expectedKeys),
      requestsPerMinute: traffic === undefined ? null : (traffic.perMinute * percentOf(plan, step)) / 100,
      bakeMs: stage.bakeMs / stage.increments.length,
      waitsMs: waits,
      maxMs: stage.maxMs,
      criteria:
        traffic === undefined
          ? []
          : measuredGuardrails(plan, traffic).map((it) => criterionPower({ plan, step, traffic, waits }, it)),
    })
    yield
  }
  return steps
}

/** The traffic of each audience of a plan, from what everybody does and what share of everybody belongs to it. */
export function trafficByAudience(
  plan: RolloutPlan,
  { traffic, criteria = [] }: WithoutFeature,
  audienceShares: Readonly<Record<string, number>>,
): Record<string, ExpectedTraffic> {
  const others = plan.stages.flatMap(({ audience: { id } }) => (id === 'everybody' ? [] : [id]))
  const segments = [...new Set(others)].filter((id) => audienceShares[id] !== undefined)
  const rest = Math.max(0, 1 - segments.reduce((sum, id) => sum + (audienceShares[id] ?? 0), 0))
  const elsewhere = criteria.filter(({ criterion }) => isElsewhere(plan, criterion))
  if (traffic === undefined && elsewhere.length === 0) return {}
  // Without telemetry the criterion that counts most says how many requests there are.
  const perMinute = traffic?.perMinute ?? Math.max(...elsewhere.map((it) => it.perMinute))
  const of = (share: number): ExpectedTraffic => ({
    perMinute: perMinute * share,
    ...(traffic === undefined
      ? {}
      : { badShare: traffic.badShare, slowShare: traffic.slowShare, dispersion: traffic.dispersion }),
    elsewhere: Object.fromEntries(
      elsewhere.map((it) => [it.criterion, { ...it, perMinute: it.perMinute * share }]),
    ),
  })
  return Object.fromEntries([
    ...segments.map((id) => [id, of(audienceShares[id] ?? 0)] as const),
    ['everybody', of(rest)],
  ])
}

/** What was measured of everybody while nobody was exposed. */
export interface WithoutFeature {
  /** Absent where the telemetry has counted no unexposed request. */
  readonly traffic?: MeasuredTraffic
  readonly criteria?: readonly MeasuredCriterion[]
}

function isElsewhere(plan: RolloutPlan, id: string): boolean {
  return guardrailsOf(plan).some((it) => it.id === id && countedOf(it) === undefined)
}

/** The stage's duration that its increments need at this traffic: what they wait for, together. */
export function neededStageMs(stage: Stage, index: number, steps: readonly StepPower[]): number {
  const own = steps.filter((it) => it.stage === index)
  return Math.max(
    stage.bakeMs,
    own.reduce((sum, it) => sum + it.waitsMs, 0),
  )
}

/** An increment at a traffic, and how long the engine waits there. */
interface Wait {
  readonly plan: RolloutPlan
  readonly step: Step
  readonly traffic: ExpectedTraffic
  readonly waits: number
}

function criterionPower({ plan, step, traffic, waits }: Wait, guardrail: Guardrail): CriterionPower {
  const windowsFor = seenAfter(plan, step, guardrail, traffic)
  const afterMs = (ratio: number) => finite(windowsFor(ratio) * plan.windowMs)
  const ratios = [...new Set([...RATIOS, guardrail.safeRatio])].toSorted((a, b) => a - b)
  const sees = ratios.map((ratio) => ({ ratio, afterMs: afterMs(ratio) }))
  const own = afterMs(guardrail.safeRatio)
  const smallest = smallestSeen((ratio) => windowsFor(ratio) * plan.windowMs, waits)
  const power = {
    criterion: guardrail.id,
    phi: dispersionFor(plan, guardrail, traffic).relative,
    sees,
    smallest,
    goAfterMs: goAfterMs(plan, step, guardrail, traffic),
    enough: own !== null && own <= waits,
    neededMs: own === null ? null : Math.max(LEAST_WINDOWS * plan.windowMs, POWER_MARGIN * own),
  }
  return { ...power, sentence: sentenceOf(power, waits) }
}

/** The windows after which a regression is seen at a step. */
function seenAfter(
  plan: RolloutPlan,
  step: Step,
  guardrail: Guardrail,
  traffic: ExpectedTraffic,
): (ratio: number) => number {
  const { share: rate, perMinute } = countsOf(guardrail, traffic)
  const requestsPerWindow = (perMinute * plan.windowMs) / MINUTE_MS
  const alpha = plan.alpha / guardrailsOf(plan).length
  const { relative, absolute } = dispersionFor(plan, guardrail, traffic)
  if (hasControl(plan, step)) {
    const share = percentOf(plan, step) / 100
    const common = { tolerated: guardrail.harmRatio, share, rate, requestsPerWindow, alpha }
    return (ratio) => windowsToSee(ratio, { ...common, phi: relative })
  }
  const { ceiling } = guardrail
  if (ceiling === undefined) return () => Infinity
  return (ratio) =>
    windowsToExceed(Math.min(1, ratio * rate), { ceiling, requestsPerWindow, phi: absolute, alpha })
}

function goAfterMs(
  plan: RolloutPlan,
  step: Step,
  guardrail: Guardrail,
  traffic: ExpectedTraffic,
): number | null {
  if (guardrail.ceiling === undefined) return null
  const { absolute } = dispersionFor(plan, guardrail, traffic)
  const { share, perMinute } = countsOf(guardrail, traffic)
  const requests = requestsToProve(guardrail.ceiling, share, absolute, plan.beta)
  return finite(((100 * requests) / (perMinute * percentOf(plan, step))) * MINUTE_MS)
}

/** As `neededWindows` will say once the traffic has been observed. */
function waitsMs(plan: RolloutPlan, step: Step, traffic: ExpectedTraffic | undefined): number {
  const stage = stageOf(plan, step.stage)
  const bake = stage.bakeMs / stage.increments.length
  if (plan.demo === true) return bake
  const least = Math.max(bake, LEAST_WINDOWS * plan.windowMs)
  if (plan.absoluteOnly !== undefined || !hasControl(plan, step) || traffic === undefined) return least
  const longest = measuredGuardrails(plan, traffic).map((it) =>
    seenAfter(plan, step, it, traffic)(it.safeRatio),
  )
  const seen = longest.filter((it) => Number.isFinite(it)).map((it) => POWER_MARGIN * it * plan.windowMs)
  return Math.max(least, ...seen)
}

/** Nothing is estimated of a mean, which has no model of its counts, nor of what nobody has counted. */
function measuredGuardrails(plan: RolloutPlan, { badShare, elsewhere }: ExpectedTraffic): Guardrail[] {
  return guardrailsOf(plan).filter(
    (it) =>
      it.mean === undefined &&
      (countedOf(it) === undefined ? elsewhere?.[it.id] !== undefined : badShare !== undefined),
  )
}

/** What a guardrail counts of this traffic. */
function countsOf(guardrail: Guardrail, traffic: ExpectedTraffic): ExpectedCounts {
  const counted = countedOf(guardrail)
  const found = counted === undefined ? traffic.elsewhere?.[guardrail.id] : undefined
  if (found !== undefined) return found
  const { perMinute, badShare = 0, slowShare = 0, dispersion } = traffic
  const share = counted === 'slow' ? slowShare : badShare
  const unknown = { relative: UNKNOWN_DISPERSION, absolute: UNKNOWN_DISPERSION }
  return { perMinute, share, dispersion: dispersion?.[counted ?? 'bad'] ?? unknown }
}

function dispersionFor(plan: RolloutPlan, guardrail: Guardrail, traffic: ExpectedTraffic): Dispersion {
  if (plan.phi !== undefined) return { relative: plan.phi, absolute: plan.phi }
  return countsOf(guardrail, traffic).dispersion
}

/** To a twentieth: the smallest ratio that is seen in time, by halving between 1 and 100. */
function smallestSeen(afterMs: (ratio: number) => number, withinMs: number): number | null {
  if (afterMs(100) > withinMs) return null
  let [low, high] = [1, 100]
  while (high - low > 0.01) {
    const middle = (low + high) / 2
    if (afterMs(middle) <= withinMs) high = middle
    else low = middle
  }
  return Math.ceil(high * 20) / 20
}

function sentenceOf(
  { sees, smallest, neededMs, enough }: Omit<CriterionPower, 'sentence'>,
  waits: number,
): string {
  const seen = sees.map(({ ratio, afterMs }) =>
    afterMs === null
      ? `${ratio}× cannot be seen`
      : afterMs > waits
        ? `${ratio}× cannot be seen in this increment (it takes about ${durationText(afterMs)})`
        : `${ratio}× is seen in about ${durationText(afterMs)}`,
  )
  const least = smallest === null ? 'no regression is seen' : `the smallest seen is ${smallest}×`
  const remedy =
    enough || neededMs === null
      ? ''
      : `; ${durationText(neededMs)} at this increment would be enough for the plan's own`
  return `at this traffic ${seen.join('; ')}; in the ${durationText(waits)} here ${least}${remedy}`
}

/** `about` a duration, as people say it. */
export function durationText(ms: number): string {
  const minutes = ms / MINUTE_MS
  if (minutes >= 2_880) return `${Number((minutes / 1_440).toPrecision(2))} d`
  if (minutes >= 120) return `${Math.round(minutes / 60)} h`
  if (minutes >= 2) return `${Math.round(minutes)} min`
  return `${Number((ms / 1000).toPrecision(2))} s`
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
