/** Reading features and the runs of one. */
import type { Feature } from '@flagmarshal/api/procedure-run'
import type { RunState } from '@flagmarshal/domain/procedure/run'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import {
  selectFeature,
  selectFeatures,
  selectLatestRun,
  selectLatestRuns,
  selectRuns,
} from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { featureView } from './feature-view.ts'

/** The features of a project, by key. */
export async function listFeatures({ kysely }: Database, project: string): Promise<Feature[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectFeatures(kysely, project)
  const runs = await selectLatestRuns(kysely, project)
  return rows.map((row) => featureView(row, runs.get(row.key)))
}

/** One feature. */
export async function showFeature(
  { kysely }: Database,
  project: string,
  key: string,
): Promise<Feature | Refusal> {
  const row = await selectFeature(kysely, project, key)
  return row === undefined
    ? notFound('feature', key)
    : featureView(row, await selectLatestRun(kysely, project, key))
}

/** A run in short. */
export interface RunSummary {
  readonly id: string
  readonly state: RunState['kind']
  readonly startedAt: string
}

/** The runs of a feature, newest first. */
export async function listRuns(
  { kysely }: Database,
  project: string,
  key: string,
): Promise<RunSummary[] | Refusal> {
  if ((await selectFeature(kysely, project, key)) === undefined) return notFound('feature', key)
  const rows = await selectRuns(kysely, project, key)
  return rows.map((row) => ({ id: row.id, state: row.state, startedAt: row.started_at.toISOString() }))
}
