/** The gate `stage:n`: whether a feature's rollout has reached a stage, for pipelines that wait for it. */
import { positionOf } from '@flagmarshal/domain/rollout/position'

import type { Queries } from '../storage/database.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import { statusText } from './status.ts'

/** What the gate is decided by. */
export interface StageGate {
  readonly open: boolean
  /** The rollout that was looked at; undefined where there is none. */
  readonly rollout: string | undefined
  /** Its state, or `no-rollout`. */
  readonly state: string
  /** Why the gate is closed, one sentence; undefined where it is open. */
  readonly blocker: string | undefined
}

/**
 * Open while the feature's latest attempt exposes stage `stage` (from 1) or a later one, and once it
 * is completed. One that is held or paused there keeps it open; one that was rolled back closes it.
 */
export async function readStageGate(
  queries: Queries,
  project: string,
  feature: string,
  stage: number,
): Promise<StageGate> {
  const [latest] = await selectRollouts(queries, project, { feature, limit: 1 })
  if (latest === undefined) {
    return {
      open: false,
      rollout: undefined,
      state: 'no-rollout',
      blocker: 'The rollout has not been started.',
    }
  }
  const { plan, rollout, id } = latest
  const position = positionOf(rollout)
  const reached = position?.kind === 'running' ? position.stage + 1 : 0
  const open = rollout.state.kind === 'completed' ? stage <= plan.stages.length : reached >= stage
  const blocker = open ? undefined : `Stage ${stage} is not reached: ${statusText(latest, undefined)}.`
  return { open, rollout: id, state: rollout.state.kind, blocker }
}
