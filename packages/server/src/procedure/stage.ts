/** How far the rollout of a feature has got: for the gates of stages, and for who may abort. */
import type { StageFacts } from '@flagmarshal/domain/procedure/gate'

import { whereOf } from '../rollout/where.ts'
import type { Queries } from '../storage/database.ts'
import { selectRollouts } from '../storage/rollouts.ts'

const GONE: ReadonlySet<string> = new Set(['rolling_back', 'rolled_back', 'rollback_failed', 'aborted'])

/** The newest attempt of a feature; undefined where there is none. */
export async function stageOf(
  queries: Queries,
  project: string,
  feature: string,
): Promise<StageFacts | undefined> {
  const [latest] = await selectRollouts(queries, project, { feature, limit: 1 })
  if (latest === undefined) return undefined
  const { rollout, plan } = latest
  const { kind } = rollout.state
  const stage = kind === 'completed' ? plan.stages.length : (whereOf(plan, rollout)?.stage ?? 0)
  return { state: kind, stage, alive: !GONE.has(kind) }
}

/** Whether a run has done its work: its rollout is complete, and no later attempt was begun. */
export async function isRolledOut(
  queries: Queries,
  { project, feature, run }: { readonly project: string; readonly feature: string; readonly run: string },
): Promise<boolean> {
  const [latest] = await selectRollouts(queries, project, { feature, limit: 1 })
  return latest !== undefined && latest.run === run && latest.rollout.state.kind === 'completed'
}
