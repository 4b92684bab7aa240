/**
 * Alerts of Alertmanager as reports. It sends an alert again as long as it lasts, so one alert is
 * what has the same fingerprint and beginning; `resolved` ends it.
 */
import type { AlertGroup, AlertsTaken } from '@flagmarshal/api/inbound'
import { severityOfLabel } from '@flagmarshal/domain/signal/report'

import type { Context } from '../context.ts'
import { settleReport, takeReport } from '../report/record.ts'
import type { Database, Tx } from '../storage/database.ts'
import type { SourceKey } from '../storage/inbound.ts'
import { selectFeature } from '../storage/procedures.ts'
import { takeDrill } from './receive-drill.ts'

type Alert = AlertGroup['alerts'][number]

/** Takes a group of alerts. A label `feature` names the feature that an alert is about. */
export async function receiveAlerts(
  context: Context,
  database: Database,
  key: SourceKey,
  { alerts }: AlertGroup,
): Promise<AlertsTaken> {
  return await database.transaction(async (tx) => {
    const taken = { reported: 0, resolved: 0, known: 0, drilled: 0 }
    for (const alert of alerts) taken[await takeAlert(tx, context, key, alert)]++
    return taken
  })
}

// oxlint-disable-next-line max-params -- the transaction, who sends, and what
async function takeAlert(
  tx: Tx,
  context: Context,
  { project, source }: SourceKey,
  alert: Alert,
): Promise<keyof AlertsTaken> {
  const { labels, annotations, startsAt, endsAt, generatorURL, fingerprint, status } = alert
  if (await takeDrill(tx, context, project, alert)) return 'drilled'
  const named = labels['feature']
  const feature = named === undefined ? undefined : await selectFeature(tx, project, named)
  const { row, isNew } = await takeReport(tx, context, {
    project,
    ...(feature === undefined ? {} : { feature: feature.key }),
    kind: 'incident',
    severity: severityOfLabel(labels['severity']),
    text: annotations['summary'] ?? annotations['description'] ?? labels['alertname'] ?? 'An alert',
    ...(generatorURL === undefined || generatorURL === '' ? {} : { reference: generatorURL }),
    origin: `inbound/${source}`,
    at: new Date(startsAt),
    alert: labels['alertname'],
    dedupKey: `alert/${fingerprint}/${startsAt}`,
  })
  if (status === 'resolved' && row.resolved_at === null) {
    const at = endsAt === undefined ? context.now : new Date(endsAt)
    await settleReport(tx, context, row, { at, reason: 'Alertmanager says that it is over.' })
    return 'resolved'
  }
  return isNew ? 'reported' : 'known'
}
