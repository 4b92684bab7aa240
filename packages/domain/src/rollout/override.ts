/**
 * Setting a criterion aside for a time: it does not keep the rollout from advancing. Harm is never
 * set aside, neither that of this criterion nor that of another.
 */
import { refuse, type Refusal } from '../refusal.ts'
import type { Override, Rollout, RolloutPlan } from './model.ts'

/** A criterion may be set aside for a week at most: longer is another plan. */
export const LONGEST_OVERRIDE_MS = 7 * 24 * 3_600_000

/** Whether somebody has set the criterion aside at this time. */
export function isOverridden({ overrides }: Rollout, criterion: string, at: Date): boolean {
  return overrides?.some((it) => it.criterion === criterion && at < new Date(it.until)) ?? false
}

/** Sets a criterion of the plan aside; replaces what was said of it before. */
export function withOverride(
  plan: RolloutPlan,
  rollout: Rollout,
  override: Override,
  now: Date,
): Rollout | Refusal {
  if (!plan.criteria.some((it) => it.id === override.criterion)) {
    return refuse(
      'no-such-criterion',
      `the plan has no criterion ${override.criterion}`,
      `name one of ${plan.criteria.map((it) => it.id).join(', ')}`,
    )
  }
  const ms = Date.parse(override.until) - now.getTime()
  if (!(ms > 0 && ms <= LONGEST_OVERRIDE_MS)) {
    return refuse(
      'override-time',
      'an override ends in the future, within seven days',
      'give another end; what is to hold longer belongs into the plan',
    )
  }
  const others = (rollout.overrides ?? []).filter((it) => it.criterion !== override.criterion)
  return { ...rollout, overrides: [...others, override], version: rollout.version + 1 }
}
