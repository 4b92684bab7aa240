/**
 * The alarm of a drill as it comes back through Alertmanager: noted as arrived and told on to every
 * channel under the labels of the drill, and never taken for an incident.
 */
import type { AlertGroup } from '@flagmarshal/api/inbound'

import type { Context } from '../context.ts'
import { insertArrival, selectDrillOfNonce, selectSignalByKey } from '../storage/alerts.ts'
import type { Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'

type Alert = AlertGroup['alerts'][number]

/** Whether it was one: its nonce must be that of a drill of this project. */
export async function takeDrill(tx: Tx, context: Context, project: string, alert: Alert): Promise<boolean> {
  const { drill, nonce, environment = '', rule = '', flag = '' } = alert.labels
  if (drill === undefined || nonce === undefined) return false
  const found = await selectDrillOfNonce(tx, drill, nonce)
  if (found?.project !== project) return false
  const state = alert.status
  const dedupKey = `alert/drill/${drill}/${nonce}/${state}`
  await emit(tx, context, {
    type: `dev.flagmarshal.alert.${state}`,
    project,
    subject: `features/${found.feature}`,
    data: { flag, environment, rule, through: 'alertmanager', drill, nonce },
    dedupKey,
  })
  const signal = await selectSignalByKey(tx, `${project}/${dedupKey}`)
  if (signal !== undefined) await insertArrival(tx, { drill, signal: signal.id, nonce, state })
  return true
}
