/** The rollouts that have not ended, of every project, in one line each: three queries, however many there are. */
import type { RolloutUnderWay } from '@flagmarshal/api/attention'

import type { Queries } from '../storage/database.ts'
import { selectLastDecisions } from '../storage/rollout-decisions.ts'
import { selectRolloutsUnderWay } from '../storage/rollouts.ts'
import { recordedOf } from './show-rollout.ts'
import { statusText } from './status.ts'

/** The newest first. */
export async function rolloutsUnderWay(queries: Queries): Promise<readonly RolloutUnderWay[]> {
  const rows = await selectRolloutsUnderWay(queries)
  const last = await selectLastDecisions(
    queries,
    rows.map(({ stored }) => stored.id),
  )
  return rows.map(({ stored, name }) => ({
    project: stored.project,
    feature: stored.feature,
    name,
    id: stored.id,
    environment: stored.environment,
    state: stored.rollout.state.kind,
    // Whether the flag is on changes the words of an attempt that has ended, and of no other.
    status: statusText(stored, { last: recordedOf(last.get(stored.id)), flagOn: true }),
    since: stored.since.toISOString(),
  }))
}
