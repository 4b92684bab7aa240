/** Reading reports. */
import type { Report, ReportFilter } from '@flagmarshal/api/report'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectFeature } from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { selectReports } from '../storage/reports.ts'
import { reportView } from './view.ts'

const [USUAL, MOST] = [100, 1_000]

/** The reports about a feature, or of a whole project, newest first. */
export async function listReports(
  database: Database,
  { project, feature }: { readonly project: string; readonly feature?: string },
  { kind, severity, open, limit }: ReportFilter,
): Promise<Report[] | Refusal> {
  const queries = database.kysely
  if ((await selectProject(queries, project)) === undefined) return notFound('project', project)
  if (feature !== undefined && (await selectFeature(queries, project, feature)) === undefined) {
    return notFound('feature', feature)
  }
  const rows = await selectReports(queries, project, {
    ...(feature === undefined ? {} : { feature }),
    ...(kind === undefined ? {} : { kind }),
    ...(severity === undefined ? {} : { severity }),
    ...(open === undefined ? {} : { open: open === 'true' }),
    limit: Math.min(limit ?? USUAL, MOST),
  })
  return rows.map(reportView)
}
