/**
 * The built-in evaluator of alert rules (P-S4-3): the thresholds of the plan's criteria, on what the
 * built-in telemetry has counted in the last minutes. A pure function: the server feeds it real
 * counts, and in a drill synthetic ones.
 */
import type { ServedPlan } from '../rollout/served-plan.ts'

/** Fires when the share of bad requests of the flag is above the threshold. */
export interface AlertRule {
  /** The criterion that it watches for. */
  readonly id: string
  readonly counts: 'bad' | 'slow'
  /** Share, 0..1. */
  readonly threshold: number
}

/** Requests, and the bad ones among them. */
export interface Sample {
  readonly n: number
  readonly x: number
}

export interface AlertVerdict {
  /** `no_data`: too few requests to say anything; it neither fires nor resolves. */
  readonly state: 'firing' | 'quiet' | 'no_data'
  readonly requests: number
  readonly share: number
  readonly threshold: number
}

/** Below this many requests a share says nothing. */
export const LEAST_REQUESTS = 20

/** The rules of a plan: one a criterion of the telemetry, at its ceiling, or where it has none at its hard floor. */
export function alertRulesOf(plan: ServedPlan): readonly AlertRule[] {
  return plan.criteria.flatMap((it) =>
    it.role === 'report' || it.source.kind !== 'telemetry'
      ? []
      : [{ id: it.id, counts: it.source.counts, threshold: it.ceiling ?? it.hardFloor }],
  )
}

/** What a rule says of the counts. */
export function evaluateAlert(rule: AlertRule, samples: readonly Sample[]): AlertVerdict {
  const requests = samples.reduce((sum, it) => sum + it.n, 0)
  const bad = samples.reduce((sum, it) => sum + it.x, 0)
  const share = requests === 0 ? 0 : bad / requests
  const numbers = { requests, share, threshold: rule.threshold }
  if (requests < LEAST_REQUESTS) return { state: 'no_data', ...numbers }
  return { state: share > rule.threshold ? 'firing' : 'quiet', ...numbers }
}
