/**
 * The fire drill (P-S4-6): a synthetic breach under the label of the drill, the real evaluator's rule,
 * the outbox, the server's own receiver and every channel that takes the alert, each hop timed.
 */
import { randomUUID } from 'node:crypto'

import { evaluateAlert, LEAST_REQUESTS } from '@flagmarshal/domain/alert/evaluate'
import type { AlertRule } from '@flagmarshal/domain/alert/rule'
import { alertVerdict } from '@flagmarshal/domain/rollback/drill'
import type { AlertDrillFound } from '@flagmarshal/domain/rollback/drill'

import {
  deleteSamples,
  insertSamples,
  selectArrivals,
  selectSamples,
  selectSignalDeliveries,
} from '../storage/alerts.ts'
import { endWithEvidence } from '../verification/end.ts'
import type { Exercise } from '../verification/exercises.ts'
import { noteVerdict } from './alerts.ts'

const HOP_MS = 10_000
/** Requests of the synthetic breach. */
export const REQUESTS = 5 * LEAST_REQUESTS

/** What is drilled. */
export interface AlertSubject {
  readonly through: 'built-in'
  readonly environment: string
  readonly rule: AlertRule
}

/** Raises the alarm, follows it, and lets it resolve. */
export async function drillAlert(exercise: Exercise, { environment, rule }: AlertSubject): Promise<void> {
  const { row, database } = exercise
  const nonce = randomUUID()
  const key = { project: row.project, environment, flag: row.flag, rule: rule.id, drill: row.id }
  const judge = async () => {
    const samples = await selectSamples(database.kysely, row.id, rule.id)
    const counted = samples.map((it) => ({ n: it.n, x: it.bad }))
    const verdict = evaluateAlert(
      rule,
      rule.windowsMs.map(() => counted),
    )
    const label = { drill: row.id, nonce }
    return { verdict, at: await noteVerdict(exercise, key, { verdict, feature: row.feature, label }) }
  }

  const bad = Math.min(REQUESTS, Math.floor(rule.threshold * REQUESTS) + 1)
  const injectedAt = await insertSamples(database.kysely, { drill: row.id, rule: rule.id, n: REQUESTS, bad })
  await exercise.note(`injected ${bad} failures in ${REQUESTS} synthetic requests, nonce ${nonce}`)
  const since = (at: Date | undefined) => (at === undefined ? null : at.getTime() - injectedAt.getTime())

  const { verdict, at: firedAt } = await judge()
  const { state, ...numbers } = verdict
  await exercise.note(`the rule ${rule.id} is ${state}`)
  const arrived = await arrival(exercise, { nonce, state: 'firing' })
  await exercise.note(arrived === undefined ? 'our receiver got nothing' : 'our receiver got the alert')
  const channels = arrived === undefined ? [] : await deliveries(exercise, arrived.signal, injectedAt)

  // Without the breach the rule is quiet again, and says so.
  await deleteSamples(database.kysely, row.id)
  await insertSamples(database.kysely, { drill: row.id, rule: rule.id, n: REQUESTS, bad: 0 })
  await judge()
  const resolved = await arrival(exercise, { nonce, state: 'resolved' })
  await deleteSamples(database.kysely, row.id)

  const found: AlertDrillFound = {
    nonce,
    through: 'built-in',
    rule: rule.id,
    numbers,
    hops: [
      { hop: 'the rule fired', afterMs: since(firedAt) },
      { hop: 'our receiver got the alert', afterMs: since(arrived?.at) },
      { hop: 'our receiver got the resolution', afterMs: since(resolved?.at) },
    ],
    channels,
  }
  await endWithEvidence(exercise, { step: 4, found, drill: alertVerdict(found).verdict })
}

/** What our own receiver got of a drill; undefined when the time is over. */
export async function arrival(
  exercise: Exercise,
  wanted: { readonly nonce: string; readonly state: 'firing' | 'resolved'; readonly withinMs?: number },
) {
  const { database, row } = exercise
  return await exercise.until(async () => {
    const arrivals = await selectArrivals(database.kysely, row.id, wanted.nonce)
    return arrivals.find((it) => it.state === wanted.state)
  }, wanted.withinMs ?? HOP_MS)
}

/** Every channel that takes the alert, once it has it or the time is over. */
export async function deliveries(
  exercise: Exercise,
  signal: string,
  injectedAt: Date,
): Promise<AlertDrillFound['channels']> {
  const read = async () => await selectSignalDeliveries(exercise.database.kysely, signal)
  await exercise.until(
    async () => ((await read()).every((it) => it.state !== 'waiting') ? true : undefined),
    HOP_MS,
  )
  return (await read()).map(({ channel, state, ended_at: endedAt }) => ({
    channel,
    state,
    afterMs: state === 'delivered' && endedAt !== null ? endedAt.getTime() - injectedAt.getTime() : null,
  }))
}
