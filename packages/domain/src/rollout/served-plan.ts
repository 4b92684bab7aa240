/**
 * A plan together with where it is carried out: the environment, the two variants that are compared
 * and the attribute that decides who is exposed.
 */
import type { RuleIdentity } from './exposure.ts'
import type { RolloutPlan } from './model.ts'

export interface ServedPlan extends RolloutPlan {
  readonly environment: string
  /** What the exposed arm is served. */
  readonly treatment: string
  /** What everybody else is served: what the flag served before. */
  readonly control: string
  /** The attribute that is bucketed. */
  readonly bucketBy: string
  /** Distinct bucketing keys expected in an attempt. */
  readonly expectedKeys: number
}

/** Keys of an attempt that are reported at most, in expectation. */
const REPORTED_KEYS = 20_000

/** What an attempt's rule is made with. Its id holds no attempt: each attempt replaces the rule of the one before. */
export function ruleIdentityOf(
  plan: ServedPlan,
  attempt: { readonly id: string; readonly attempt: number; readonly salt: string; readonly feature: string },
): RuleIdentity {
  return {
    ruleId: 'rollout',
    name: `Rollout of ${attempt.feature}`,
    rolloutId: attempt.id,
    attempt: attempt.attempt,
    treatment: plan.treatment,
    control: plan.control,
    by: plan.bucketBy,
    salt: attempt.salt,
    keySampleRate: Math.min(1, REPORTED_KEYS / plan.expectedKeys),
  }
}
