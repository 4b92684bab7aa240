/** Taking a report, and saying that what it reported is over. */
import type { Report } from '@flagmarshal/api/report'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { ReportKind, Severity } from '@flagmarshal/domain/signal/report'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { notFound } from '../refusals.ts'
import type { Database, Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import { selectFeature } from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { insertReport, lockReport, updateResolved } from '../storage/reports.ts'
import type { ReportRow } from '../storage/reports.ts'
import { reportView } from './view.ts'

/** A report and where it comes from. */
export interface GivenReport {
  readonly project: string
  /** Absent where an alert names none. */
  readonly feature?: string
  readonly kind: ReportKind
  readonly severity: Severity
  readonly positive?: boolean | undefined
  readonly text: string
  readonly reference?: string | undefined
  readonly origin: string
  /** When it began; now unless given. */
  readonly at?: Date
  /** What makes it the same as an earlier one. */
  readonly dedupKey?: string
  /** Name of the alert that it came from. */
  readonly alert?: string | undefined
}

/** Takes a report about a feature, or about what concerns no single one. */
export async function createReport(
  context: Context,
  database: Database,
  given: GivenReport,
): Promise<Report | Refusal> {
  return await database.transaction(async (tx) => {
    const missing = await missingOf(tx, given)
    if (missing !== undefined) return missing
    return reportView((await takeReport(tx, context, given)).row)
  })
}

async function missingOf(tx: Tx, { project, feature }: GivenReport): Promise<Refusal | undefined> {
  if (feature === undefined) {
    const known = await selectProject(tx, project)
    return known === undefined ? notFound('project', project) : undefined
  }
  const known = await selectFeature(tx, project, feature)
  return known === undefined ? notFound('feature', feature) : undefined
}

/** Takes a report in a transaction; tells the world of one that is new. */
export async function takeReport(
  tx: Tx,
  context: Context,
  given: GivenReport,
): Promise<{ readonly row: ReportRow; readonly isNew: boolean }> {
  const { project, feature, kind, severity, positive, text, reference, origin, at, dedupKey, alert } = given
  const taken = await insertReport(tx, {
    id: newId('report'),
    project,
    feature: feature ?? null,
    kind,
    severity,
    positive: positive ?? null,
    text,
    reference: reference ?? null,
    origin,
    reported_by: context.actor.id,
    at: at ?? context.now,
    resolved_at: null,
    dedup_key: dedupKey ?? null,
    alert: alert ?? null,
  })
  if (!taken.isNew) return taken
  await tell(tx, context, taken.row, 'received')
  await record(tx, context, {
    chain: { project },
    action: 'report.create',
    subject: { kind: 'report', id: taken.row.id },
    after: reportView(taken.row),
  })
  return taken
}

/** Says that it is over, once. */
export async function resolveReport(
  context: Context,
  database: Database,
  key: { readonly project: string; readonly report: string },
  reason: string,
): Promise<Report | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await lockReport(tx, key.project, key.report)
    if (row === undefined) return notFound('report', key.report)
    if (row.resolved_at !== null) {
      return refuse('resolved-already', `Report ${row.id} is resolved.`, 'Report anew what happens anew.')
    }
    return reportView(await settleReport(tx, context, row, { at: context.now, reason }))
  })
}

/** Records the end of what was reported. */
export async function settleReport(
  tx: Tx,
  context: Context,
  row: ReportRow,
  { at, reason }: { readonly at: Date; readonly reason: string },
): Promise<ReportRow> {
  await updateResolved(tx, row.id, at)
  const resolved = { ...row, resolved_at: at }
  await tell(tx, context, resolved, 'resolved')
  await record(tx, context, {
    chain: { project: row.project },
    action: 'report.resolve',
    subject: { kind: 'report', id: row.id },
    before: reportView(row),
    after: reportView(resolved),
    reason,
  })
  return resolved
}

// oxlint-disable-next-line max-params -- the transaction, who acts, what about, and what happened
async function tell(tx: Tx, context: Context, row: ReportRow, verb: 'received' | 'resolved'): Promise<void> {
  const about = row.feature === null ? `projects/${row.project}` : `features/${row.feature}`
  await emit(tx, context, {
    type: `dev.flagmarshal.report.${verb}`,
    project: row.project,
    subject: `${about}/reports/${row.id}`,
    data: {
      ...reportView(row),
      report: row.id,
      page: verb === 'received' && row.severity === 'critical',
    },
    dedupKey: `report/${row.id}/${verb}`,
  })
}
