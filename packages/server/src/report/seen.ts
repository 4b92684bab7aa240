/** Reports as a rollout sees them. */
import type { ReportSeen } from '@flagmarshal/domain/rollout/reports'

import type { Queries } from '../storage/database.ts'
import { selectReportsFor } from '../storage/reports.ts'

/** Open issues about the feature, open incidents that name none, and its feedback since the first exposure. */
export async function reportsSeen(
  queries: Queries,
  key: { readonly project: string; readonly feature: string },
  exposedAt: Date | undefined,
): Promise<readonly ReportSeen[]> {
  const rows = await selectReportsFor(queries, key, exposedAt)
  return rows.map(({ id, feature, kind, severity, positive, resolved_at, at }) => ({
    id,
    about: feature === null ? 'project' : 'feature',
    kind,
    severity,
    ...(positive === null ? {} : { positive }),
    open: resolved_at === null,
    at,
  }))
}
