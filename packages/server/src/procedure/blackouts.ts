/** The times of a plan in which nothing may start, beside those of the project. */
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { Blackout } from '@flagmarshal/domain/rollout/calendar'

export function blackoutsOf({ outputs }: Pick<FlagRolloutFacts, 'outputs'>): readonly Blackout[] {
  return (outputs.plan.timeline?.blackouts ?? []).map(({ from, to, reason }) => ({
    from: new Date(from),
    to: new Date(to),
    reason,
  }))
}
