/** A report as callers see it. */
import type { Report } from '@flagmarshal/api/report'

import type { ReportRow } from '../storage/reports.ts'

/** A row → what the API shows. */
export function reportView(row: ReportRow): Report {
  return {
    id: row.id,
    ...(row.feature === null ? {} : { feature: row.feature }),
    kind: row.kind,
    severity: row.severity,
    text: row.text,
    ...(row.reference === null ? {} : { reference: row.reference }),
    ...(row.positive === null ? {} : { positive: row.positive }),
    origin: row.origin,
    reportedBy: row.reported_by,
    at: row.at.toISOString(),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at.toISOString() }),
  }
}
