/** CloudEvents of other systems: trigger facts (P-T1, P-T2) and incidents. Each is taken once, by its source and id. */
import type { EventTaken, TriggerEvent } from '@flagmarshal/api/inbound'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { EVENT_ENDINGS, factOfType, incidentOfType } from '@flagmarshal/domain/signal/trigger'
import type { EventFact } from '@flagmarshal/domain/signal/trigger'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { recordTrigger } from '../procedure/record-trigger.ts'
import { startRun } from '../procedure/start-run.ts'
import type { Database, Tx } from '../storage/database.ts'
import { claimEvent, keepEventResult, selectEventResult } from '../storage/inbound.ts'
import type { SourceKey } from '../storage/inbound.ts'
import { selectLatestRun } from '../storage/procedures.ts'
import { within } from '../storage/transaction.ts'
import { takeIncidentEvent } from './receive-incident.ts'

const Taken = z.object({
  feature: z.string().exactOptional(),
  run: z.string().exactOptional(),
  report: z.string().exactOptional(),
  did: z.enum(['started', 'recorded', 'reported', 'known', 'resolved']),
})

/** Starts a run or adds the fact to the one that is under way; keeps an incident as a report. */
export async function receiveEvent(
  context: Context,
  database: Database,
  { project, source }: SourceKey,
  event: TriggerEvent,
): Promise<EventTaken | Refusal> {
  const incident = incidentOfType(event.type)
  if (incident !== undefined) {
    return await once(context, database, { project, event }, (tx) =>
      takeIncidentEvent(tx, context, { project, source }, { event, incident }),
    )
  }
  const fact = factOfType(event.type)
  if (fact === undefined) {
    return refuse(
      'event-not-understood',
      `Events of type ${event.type} say nothing that is of use here.`,
      `Use a type that ends in ${EVENT_ENDINGS.join(', ')}.`,
      '/type',
    )
  }
  const feature = event.data?.feature ?? event.subject?.replace(/^features\//, '')
  if (feature === undefined) {
    return refuse(
      'invalid',
      'The event names no feature.',
      'Put its key into data.feature or the subject.',
      '/data/feature',
    )
  }
  return await once(context, database, { project, event }, (tx) =>
    takeFact(tx, { context, database }, { project, feature }, { event, fact }),
  )
}

/** Takes an event once; the same again gets the same answer. */
// oxlint-disable-next-line max-params -- who sends, where it is stored, what, and what to do with it
async function once(
  { now }: Context,
  database: Database,
  { project, event }: { readonly project: string; readonly event: TriggerEvent },
  take: (tx: Tx) => Promise<EventTaken | Refusal>,
): Promise<EventTaken | Refusal> {
  const key = { project, source: event.source, id: event.id }
  return await database.transaction(async (tx) => {
    if (!(await claimEvent(tx, key, now))) return Taken.parse(await selectEventResult(tx, key))
    const taken = await take(tx)
    if (!isRefusal(taken)) await keepEventResult(tx, key, taken)
    return taken
  })
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function takeFact(
  tx: Tx,
  { context, database }: { readonly context: Context; readonly database: Database },
  { project, feature }: { readonly project: string; readonly feature: string },
  { event, fact }: { readonly event: TriggerEvent; readonly fact: EventFact },
): Promise<EventTaken | Refusal> {
  const latest = await selectLatestRun(tx, project, feature)
  const underWay =
    latest === undefined || latest.state === 'completed' || latest.state === 'aborted' ? undefined : latest.id
  const trigger = triggerOf(event, fact)
  const inside = within(tx, database)
  const run =
    underWay === undefined
      ? await startRun(context, inside, { project, feature }, { triggers: [trigger], ...calledBy(event) })
      : await recordTrigger(context, inside, { project, run: underWay }, trigger)
  if (isRefusal(run)) return run
  return { feature, run: run.id, did: underWay === undefined ? 'started' : 'recorded' }
}

function triggerOf({ source, time, data }: TriggerEvent, fact: EventFact) {
  const phase = data?.phase
  return {
    ...fact,
    source,
    ...(phase === undefined ? {} : { phase }),
    ...(time === undefined ? {} : { at: new Date(time).toISOString() }),
  }
}

function calledBy({ data }: TriggerEvent): { readonly correlationId?: string } {
  const correlationId = data?.correlationId
  return correlationId === undefined ? {} : { correlationId }
}
