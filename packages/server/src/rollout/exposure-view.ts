/** How much of everybody a rollout exposes now. */
import type { RolloutSummary } from '@flagmarshal/api/rollout'
import type { RolloutPlan, Running } from '@flagmarshal/domain/rollout/model'
import { audiencesOf, exposedPercents, positionOf } from '@flagmarshal/domain/rollout/position'

import type { StoredRollout } from '../storage/rollouts.ts'
import type { Seen } from './view.ts'

/** The share that the rule serves the treatment to, by the plan where it can tell, else by the latest requests. */
export function exposureView(
  { plan, rollout }: StoredRollout,
  { flagOn, windows, keys }: Pick<Seen, 'flagOn' | 'windows' | 'keys'>,
): RolloutSummary['exposure'] {
  const position = positionOf(rollout)
  const whole = rollout.state.kind === 'completed'
  const percents = whole
    ? wholePercents(plan)
    : exposedNow(plan, position?.kind === 'running' ? position : undefined)
  if (!flagOn) percents.clear()
  const exact = percents.size === 0 || whole || audiencesOf(plan).every((id) => id === 'everybody')
  const keysOf = (arm: string) => keys.find((each) => each.arm === arm)?.keys ?? 0
  return {
    share: exact ? (percents.get('everybody') ?? 0) / 100 : measuredShare(windows),
    basis: exact ? 'plan' : 'requests',
    audiences: [...percents].map(([audience, percent]) => ({ audience, percent })),
    distinctKeys: keys.length === 0 ? null : { exposed: keysOf('exposed'), control: keysOf('control') },
  }
}

function exposedNow(plan: RolloutPlan, running: Running | undefined): Map<string, number> {
  return running === undefined ? new Map() : exposedPercents(plan, running)
}

/** All audiences together are everybody. */
function wholePercents(plan: RolloutPlan): Map<string, number> {
  return new Map([...audiencesOf(plan).map((id) => [id, 100] as const), ['everybody', 100]])
}

function measuredShare(windows: Seen['windows']): number {
  const exposed = windows.reduce((sum, window) => sum + window.exposed, 0)
  const requests = windows.reduce((sum, window) => sum + window.requests, 0)
  return requests === 0 ? 0 : exposed / requests
}
