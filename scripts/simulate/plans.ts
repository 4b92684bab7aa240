/**
 * The plans that are simulated.
 */
import type { RolloutPlan, Stage } from '@flagmarshal/domain/rollout/model'
import { guardrail } from '@flagmarshal/domain/rollout/plan'

import { CRITERION, WATCHED } from './traffic.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const EVERYBODY = { id: 'everybody' } as const

/** Settings that a scenario varies. */
export interface Variation {
  readonly ceiling?: number
  /** A Go may say "below the ceiling" alone. */
  readonly absoluteOnly: boolean
  readonly harmRatio?: number
  readonly safeRatio?: number
}

/** Two days at one percentage before the rest: long enough to look 2,880 times. */
export function watchPlan(percent: number, variation: Variation): RolloutPlan {
  return minutePlan([stage('watch', [percent], 48), stage('full', [100], 48)], variation)
}

/** An increment that is judged after 30 windows, before the power estimate would have it judged. */
export function goPlan(percent: number, variation: Variation): RolloutPlan {
  const plan = minutePlan([stage('first', [percent], 0.5), stage('full', [100], 48)], variation)
  return { ...plan, demo: true }
}

/** The same plan with a watch criterion. */
export function withWatch(plan: RolloutPlan): RolloutPlan {
  const watch = { ...guardrail(WATCHED, { kind: 'telemetry', counts: 'slow' }), role: 'watch' as const }
  return { ...plan, criteria: [...plan.criteria, watch] }
}

/** Everybody at once, without a holdback: there is no control. */
export function alonePlan(variation: Variation): RolloutPlan {
  return { ...minutePlan([stage('full', [100], 0.5)], variation), holdback: 0 }
}

/** 1, 10, then 50 percent over two days. */
export function rampPlan(variation: Variation): RolloutPlan {
  return minutePlan([stage('ramp', [1, 10, 50], 48), stage('full', [100], 48)], variation)
}

/** A segment of its own half and wholly exposed, then everybody. */
export function twoAudiencesPlan(variation: Variation): RolloutPlan {
  const first = { ...stage('staff', [50], 0.5), audience: { id: 'staff', segment: 'staff' } }
  const stages = [first, stage('gradual', [10], 0.5), stage('full', [100], 48)]
  return { ...minutePlan(stages, variation), demo: true }
}

/**
 * The demonstration: windows of half a second, 25 to 50 to 100 % of everybody. Its harm ratio is 2:
 * at 1.1 and one bad event in two seconds, chance alone makes one good rollout in fifty wait for half a minute more.
 */
export function demoPlan(): RolloutPlan {
  return {
    windowMs: 500,
    observeWindows: 20,
    stages: [
      {
        name: 'gradual',
        audience: EVERYBODY,
        increments: [25, 50],
        bakeMs: 10_000,
        maxMs: 120_000,
        advance: 'auto',
      },
      { name: 'full', audience: EVERYBODY, increments: [100], bakeMs: 5000, maxMs: 120_000, advance: 'auto' },
    ],
    criteria: [
      guardrail(
        CRITERION,
        { kind: 'telemetry', counts: 'bad' },
        { ceiling: 0.02, harmRatio: 2, safeRatio: 4 },
      ),
    ],
    alpha: 0.001,
    beta: 0.01,
    phi: 2,
    phiReason: 'ten seconds of observing are too short to measure it',
    absoluteOnly: {
      by: 'the demonstration',
      reason: 'a relative Go takes longer than a demonstration lasts',
    },
    lowTraffic: { policy: 'human' },
    holdback: 0,
    demo: true,
  }
}

/** Minute windows, a day observed. The maximum is beyond every watch. */
function minutePlan(stages: readonly Stage[], { absoluteOnly, ...criterion }: Variation): RolloutPlan {
  return {
    windowMs: MINUTE_MS,
    observeWindows: 1440,
    stages,
    criteria: [guardrail(CRITERION, { kind: 'telemetry', counts: 'bad' }, criterion)],
    alpha: 0.001,
    beta: 0.01,
    ...(absoluteOnly && { absoluteOnly: { by: 'simulation', reason: 'the bar asks for it' } }),
    lowTraffic: { policy: 'human' },
    holdback: 5,
  }
}

function stage(name: string, increments: readonly number[], bakeHours: number): Stage {
  return {
    name,
    audience: EVERYBODY,
    increments,
    bakeMs: bakeHours * HOUR_MS,
    maxMs: 1000 * HOUR_MS,
    advance: 'auto',
  }
}
