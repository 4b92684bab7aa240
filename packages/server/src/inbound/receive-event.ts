/** Trigger facts as CloudEvents (P-T1, P-T2): each event is taken once, by its source and id. */
import type { EventTaken, TriggerEvent } from '@flagmarshal/api/inbound'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { EVENT_ENDINGS, factOfType } from '@flagmarshal/domain/signal/trigger'
import type { EventFact } from '@flagmarshal/domain/signal/trigger'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { recordTrigger } from '../procedure/record-trigger.ts'
import { startRun } from '../procedure/start-run.ts'
import type { Database } from '../storage/database.ts'
import { claimEvent, keepEventResult, selectEventResult } from '../storage/inbound.ts'
import { within } from '../storage/postgres.ts'
import { selectLatestRun } from '../storage/procedures.ts'

const Taken = z.object({ feature: z.string(), run: z.string(), did: z.enum(['started', 'recorded']) })

/** Starts a run, or adds the fact to the one that is under way. */
export async function receiveEvent(
  context: Context,
  database: Database,
  project: string,
  event: TriggerEvent,
): Promise<EventTaken | Refusal> {
  const fact = factOfType(event.type)
  if (fact === undefined) {
    return refuse(
      'event-not-understood',
      `Events of type ${event.type} say nothing that starts a run.`,
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
  const key = { project, source: event.source, id: event.id }
  return await database.transaction(async (tx) => {
    if (!(await claimEvent(tx, key, context.now))) return Taken.parse(await selectEventResult(tx, key))
    const latest = await selectLatestRun(tx, project, feature)
    const underWay =
      latest === undefined || latest.state === 'completed' || latest.state === 'aborted'
        ? undefined
        : latest.id
    const trigger = triggerOf(event, fact)
    const inside = within(tx, database)
    const run =
      underWay === undefined
        ? await startRun(context, inside, { project, feature }, { triggers: [trigger], ...calledBy(event) })
        : await recordTrigger(context, inside, { project, run: underWay }, trigger)
    if (isRefusal(run)) return run
    const did = underWay === undefined ? ('started' as const) : ('recorded' as const)
    const taken = { feature, run: run.id, did }
    await keepEventResult(tx, key, taken)
    return taken
  })
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
