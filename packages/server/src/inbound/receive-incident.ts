/**
 * Incidents as CloudEvents: kept as a report while they last, which holds the rollouts that they concern.
 *
 * What is over may begin again under the same id, so one incident is a row for each time that it begins.
 * An event that arrives after the one that ended it, and is older, begins nothing.
 */
import type { EventTaken, TriggerEvent } from '@flagmarshal/api/inbound'
import { severityOfLabel } from '@flagmarshal/domain/signal/report'

import type { Context } from '../context.ts'
import { settleReport, takeReport } from '../report/record.ts'
import type { Tx } from '../storage/database.ts'
import type { SourceKey } from '../storage/inbound.ts'
import { selectFeature } from '../storage/procedures.ts'
import { lockLatestReport } from '../storage/reports.ts'
import type { ReportRow } from '../storage/reports.ts'

/** Reports it, knows it already, or ends it. A feature that nobody knows makes it one of the whole project. */
// oxlint-disable-next-line max-params -- the transaction, who sends, and what
export async function takeIncidentEvent(
  tx: Tx,
  context: Context,
  { project, source }: SourceKey,
  { event, incident }: { readonly event: TriggerEvent; readonly incident: 'begun' | 'over' },
): Promise<EventTaken> {
  const { id, data, time } = event
  const at = time === undefined ? context.now : new Date(time)
  const named = data?.feature ?? /^features\/(.+)$/.exec(event.subject ?? '')?.[1]
  const feature = named === undefined ? undefined : (await selectFeature(tx, project, named))?.key
  const incidentId = data?.subject?.id ?? event.subject ?? ''
  const same = `incident/${[event.source, incidentId].map(encodeURIComponent).join('/')}/`
  const latest = await lockLatestReport(tx, project, same)
  if (incident === 'begun' && latest !== undefined && !isAnother(latest, at)) return taken(latest, 'known')
  const open = latest?.resolved_at === null ? latest : undefined
  if (incident === 'over' && open === undefined && latest !== undefined) return taken(latest, 'known')
  const row =
    open ??
    (
      await takeReport(tx, context, {
        project,
        ...(feature === undefined ? {} : { feature }),
        kind: 'incident',
        severity: data?.severity === undefined ? 'major' : severityOfLabel(data.severity),
        text: data?.text ?? data?.subject?.content?.description ?? `An incident, says ${event.source}`,
        origin: `inbound/${source}`,
        at,
        dedupKey: `${same}${id}`,
      })
    ).row
  if (incident === 'begun') return taken(row, 'reported')
  await settleReport(tx, context, row, { at, reason: `${event.source} says that it is over.` })
  return taken(row, 'resolved')
}

/** Whether what begins at a time is none of what is known: that is over, and was before. */
function isAnother({ resolved_at: over }: ReportRow, at: Date): boolean {
  return over !== null && at > over
}

function taken({ id, feature }: ReportRow, did: EventTaken['did']): EventTaken {
  return { ...(feature === null ? {} : { feature }), report: id, did }
}
