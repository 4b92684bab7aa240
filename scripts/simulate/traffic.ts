/**
 * Generated traffic: what a metric source would report of each window.
 */
import type { ArmCounts, Measurement, Window } from '@flagmarshal/domain/analysis/model'
import type { Rollout, RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { exposedPercents, positionOf, previousStep } from '@flagmarshal/domain/rollout/position'

import { negativeBinomial, poisson, type Uniform } from './random.ts'
import type { Population, Visitors } from './visitors.ts'

/** A world to roll out into. */
export interface Traffic {
  /** Requests of each audience in one window, on average. */
  readonly perWindow: number
  /** Bad share without the feature, in the `minute`th window after the first exposure (0 or less before it). */
  readonly base: (minute: number) => number
  /** Bad share of the exposed arm given the base, in an audience. */
  readonly exposed: (base: number, minute: number, audience: string) => number
  /** Variance / mean of bad events: 1 is Poisson. */
  readonly phi: number
  /** Who makes the requests: distinct keys are counted too, and there are as many requests as they make. */
  readonly visitors?: Population
  /** Bad share of the watch criterion in the exposed arm, as a multiple of the base; without it there is none. */
  readonly watched?: (minute: number) => number
  /** What is read instead of counts, where a source fails. */
  readonly unknown?: (minute: number) => Exclude<Measurement['kind'], 'ok'> | undefined
}

/** The name of the one criterion of the simulated plans. */
export const CRITERION = 'errors'

/** The name of the watch criterion, where a plan has one. */
export const WATCHED = 'slow'

/** One window of the traffic as the rollout's arms saw it. */
export function generate(settings: {
  readonly plan: RolloutPlan
  readonly rollout: Rollout
  readonly end: Date
  readonly traffic: Traffic
  readonly uniform: Uniform
  readonly visitors?: Visitors
}): Window {
  const { plan, rollout, end, traffic, uniform, visitors } = settings
  // Acts happen on window boundaries here: a window lies wholly before or after one.
  const minute =
    rollout.exposedAt === undefined ? 0 : (end.getTime() - rollout.exposedAt.getTime()) / plan.windowMs
  const unknown = traffic.unknown?.(minute)
  if (unknown !== undefined) {
    return { end, measurements: [{ criterion: CRITERION, kind: unknown, detail: 'simulated' }] }
  }
  const base = traffic.base(minute)
  const shares = percents(plan, rollout, end)
  const visits = visitors?.window((shares.get('everybody') ?? 0) / 100)
  const requestsOf = (share: number) => [traffic.perWindow * share, traffic.perWindow * (1 - share)]
  const measure = (criterion: string, treatedOf: (audience: string) => number): Measurement => ({
    criterion,
    kind: 'ok',
    audiences: [...shares].map(([audience, percent]) => {
      const [exposed = 0, control = 0] = visits?.requests ?? requestsOf(percent / 100)
      return {
        audience,
        exposed: arm(exposed, treatedOf(audience), traffic.phi, uniform),
        control: arm(control, base, traffic.phi, uniform),
      }
    }),
  })
  const { watched } = traffic
  return {
    end,
    measurements: [
      measure(CRITERION, (audience) => (minute > 0 ? traffic.exposed(base, minute, audience) : base)),
      ...(watched ? [measure(WATCHED, () => (minute > 0 ? watched(minute) * base : base))] : []),
    ],
    ...(visits && { keys: [{ audience: 'everybody', ...visits.keys }] }),
  }
}

/** The exposed percent of each audience during a window; while observing, that of its first increment. */
function percents(plan: RolloutPlan, rollout: Rollout, end: Date): Map<string, number> {
  const position = positionOf(rollout)
  if (position?.kind === 'running') {
    const entered = rollout.enteredAt ?? end
    const step = end > entered ? position : previousStep(plan, position)
    if (step !== undefined) return exposedPercents(plan, step)
  }
  const observed = new Map<string, number>()
  for (const { audience, increments } of plan.stages) {
    const percent = increments[0] ?? 50
    if (!observed.has(audience.id)) observed.set(audience.id, percent < 100 ? percent : 50)
  }
  return observed
}

/** Requests are Poisson; bursts of bad events carry their own requests. */
function arm(requests: number, badShare: number, phi: number, uniform: Uniform): ArmCounts {
  const n = poisson(uniform, requests)
  if (badShare >= 1) return { n, x: n }
  const mean = requests * badShare
  const x = phi > 1 ? negativeBinomial(uniform, mean, phi) : poisson(uniform, mean)
  return { n: Math.max(n, x), x }
}
