/** The rollbacks that there were, in one line each. */
import type { RollbackSummary } from '@flagmarshal/api/rollback-run'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { policyOf } from '../project/policy.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectRollbacks } from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { judgedBy } from './load.ts'
import type { Loaded } from './load.ts'
import { triggerOf } from './rollback-trigger.ts'

/** Of a project, newest first; of one feature where it is named. */
export async function listRollbacks(
  { kysely }: Database,
  project: string,
  feature?: string,
): Promise<RollbackSummary[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const policy = await policyOf(kysely, project)
  const rows = await selectRollbacks(kysely, project, feature)
  return rows.map((row) => summaryOf(judgedBy(row.feature, row.run, policy)))
}

/** Where a rollback stands, in a sentence. */
export function rollbackStatus({ setting, run }: Pick<Loaded, 'setting' | 'run'>): string {
  return run.state.kind === 'completed' ? 'Completed: everything is back.' : positionOf(setting, run).status
}

function summaryOf({ feature, setting, run }: Pick<Loaded, 'feature' | 'setting' | 'run'>): RollbackSummary {
  return {
    id: run.id,
    feature: feature.key,
    state: run.state.kind,
    status: rollbackStatus({ setting, run }),
    step: positionOf(setting, run).step ?? null,
    reason: triggerOf(run).reason,
    startedAt: run.startedAt.toISOString(),
    startedBy: run.startedBy,
  }
}
