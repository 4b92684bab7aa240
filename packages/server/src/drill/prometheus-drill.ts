/**
 * The fire drill through Prometheus and Alertmanager (P-S4-6): the breach stands on this server's own
 * metrics under the labels of the drill, the installed rule fires, Alertmanager routes it back here
 * and to its other receivers, and from here it goes to every channel. A nonce follows it all the way.
 */
import { randomUUID } from 'node:crypto'

import type { AlertRule } from '@flagmarshal/domain/alert/rule'
import { alertVerdict } from '@flagmarshal/domain/rollback/drill'
import type { AlertDrillFound } from '@flagmarshal/domain/rollback/drill'

import type { ActiveAlert, MonitoringAddress, MonitoringAnswer } from '../integrations/interfaces.ts'
import type { MonitoringSystems } from '../monitoring/parts.ts'
import { insertSamples, settleSamples } from '../storage/alerts.ts'
import { databaseClock } from '../storage/telemetry.ts'
import { endWithEvidence } from '../verification/end.ts'
import type { Exercise } from '../verification/exercises.ts'
import { arrival, deliveries, REQUESTS } from './alert-drill.ts'

/** What is drilled, and where it goes through. */
export interface PrometheusSubject {
  readonly through: 'prometheus'
  readonly environment: string
  readonly rule: AlertRule
  readonly prometheus: MonitoringAddress
  readonly alertmanager: MonitoringAddress
  readonly scrapeMs: number
}

/**
 * An alert that was sent once is sent again after a minute by default: less patience would miss one
 * that got lost.
 */
const RESEND_MS = 75_000
/** Evaluation of a group, and Alertmanager's waiting for more of it, at their usual lengths. */
const GROUPING_MS = 60_000

/** Raises the alarm, follows it hop by hop, and lets it resolve. */
export async function drillPrometheus(
  exercise: Exercise,
  { rules, routes }: MonitoringSystems,
  subject: PrometheusSubject,
): Promise<void> {
  const { row, database } = exercise
  const { rule, prometheus, alertmanager } = subject
  const nonce = randomUUID()
  const waitMs = RESEND_MS + GROUPING_MS + 2 * subject.scrapeMs + rule.forMs
  const bad = Math.min(REQUESTS, Math.floor(rule.threshold * REQUESTS) + 1)
  const sample = { drill: row.id, rule: rule.id, n: REQUESTS, bad, nonce }
  const injectedAt = await insertSamples(database.kysely, sample)
  await exercise.note(`a breach of ${rule.id} stands on the metrics, nonce ${nonce}`)
  const since = (at: Date | undefined) =>
    at === undefined ? null : Math.max(0, at.getTime() - injectedAt.getTime())

  const carries = (it: ActiveAlert) => it.labels['nonce'] === nonce
  const seen = await at(exercise, waitMs, () => rules.active(prometheus), carries)
  await exercise.note(seen === undefined ? 'Prometheus does not see it' : 'Prometheus sees it')
  const firing = (it: ActiveAlert) => carries(it) && it.state === 'firing'
  const fired = seen && (await at(exercise, waitMs, () => rules.active(prometheus), firing))
  await exercise.note(fired === undefined ? 'the rule did not fire' : 'the rule fires')
  const label = { name: 'nonce', value: nonce }
  const routed = fired && (await at(exercise, waitMs, () => routes.active(alertmanager, label), carries))
  const receivers = routed?.alert.receivers ?? []
  await exercise.note(
    routed === undefined ? 'Alertmanager has not got it' : `Alertmanager sends it to ${receivers.join(', ')}`,
  )
  const arrived = routed && (await arrival(exercise, { nonce, state: 'firing', withinMs: waitMs }))
  await exercise.note(arrived === undefined ? 'our receiver got nothing' : 'our receiver got the alert')
  const channels = arrived === undefined ? [] : await deliveries(exercise, arrived.signal, injectedAt)

  await settleSamples(database.kysely, row.id)
  const resolved = arrived && (await arrival(exercise, { nonce, state: 'resolved', withinMs: waitMs }))

  const found: AlertDrillFound = {
    nonce,
    through: 'prometheus',
    receivers,
    rule: rule.id,
    numbers: { requests: REQUESTS, share: bad / REQUESTS, threshold: rule.threshold },
    hops: inOrder([
      { hop: 'Prometheus saw the breach', afterMs: since(seen?.at) },
      { hop: 'the rule fired', afterMs: since(fired?.at) },
      { hop: 'Alertmanager got the alert', afterMs: since(routed?.at) },
      { hop: 'our receiver got the alert', afterMs: since(arrived?.at) },
      { hop: 'our receiver got the resolution', afterMs: since(resolved?.at) },
    ]),
    channels,
  }
  await endWithEvidence(exercise, { step: 4, found, drill: alertVerdict(found).verdict })
}

/** A hop that was seen by asking was there before it was seen, at the latest when the next one was. */
function inOrder(hops: AlertDrillFound['hops']): AlertDrillFound['hops'] {
  return hops.map(({ hop, afterMs }, index) => ({
    hop,
    afterMs:
      afterMs === null
        ? null
        : Math.min(afterMs, ...hops.slice(index).flatMap((later) => later.afterMs ?? [])),
  }))
}

/** When something answers with a fitting alert; undefined when the time is over. */
async function at(
  exercise: Exercise,
  withinMs: number,
  ask: () => Promise<MonitoringAnswer<readonly ActiveAlert[]>>,
  fits: (alert: ActiveAlert) => boolean,
): Promise<{ readonly at: Date; readonly alert: ActiveAlert } | undefined> {
  return await exercise.until(async () => {
    const answer = await ask()
    const alert = answer.kind === 'answered' ? answer.value.find(fits) : undefined
    return alert === undefined ? undefined : { at: await databaseClock(exercise.database.kysely), alert }
  }, withinMs)
}
