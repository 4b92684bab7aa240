/** The log of deliveries, and giving one that is dead another chance. */
import type { Delivery, DeliveryFilter } from '@flagmarshal/api/channel'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import { selectChannel } from '../storage/channels.ts'
import type { Database } from '../storage/database.ts'
import { lockDelivery, requeueDelivery, selectDeliveries } from '../storage/deliveries.ts'
import type { ListedDelivery } from '../storage/deliveries.ts'
import { announceDeliveries } from '../storage/outbox.ts'
import { selectProject } from '../storage/projects.ts'

const [USUAL, MOST] = [100, 1_000]

const Log = z.array(
  z.object({
    at: z.string(),
    outcome: z.enum(['delivered', 'failed', 'rejected', 'gone']),
    why: z.string().optional(),
    ms: z.number(),
  }),
)

/** The deliveries of a project, newest first. */
export async function listDeliveries(
  database: Database,
  project: string,
  filter: DeliveryFilter,
): Promise<Delivery[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const { channel, state, subject, limit } = filter
  const rows = await selectDeliveries(database.kysely, project, {
    ...(channel === undefined ? {} : { channel }),
    ...(state === undefined ? {} : { state }),
    ...(subject === undefined ? {} : { subject }),
    limit: Math.min(limit ?? USUAL, MOST),
  })
  return rows.map(deliveryView)
}

/** Sends it again, at once and with all its tries. One that is delivered may be sent again too: its id is the same. */
export async function replayDelivery(
  context: Context,
  database: Database,
  { project, delivery: id }: { readonly project: string; readonly delivery: string },
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const delivery = await lockDelivery(tx, project, id)
    if (delivery === undefined) return notFound('delivery', id)
    if ((await selectChannel(tx, delivery)) === undefined) {
      return refuse(
        'channel-gone',
        `The channel ${delivery.channel} does not exist any more.`,
        'Create it again, then replay.',
      )
    }
    await requeueDelivery(tx, id, context.now)
    await announceDeliveries(tx)
    await record(tx, context, {
      chain: { project },
      action: 'delivery.replay',
      subject: { kind: 'delivery', id },
      before: { state: delivery.state, attempts: delivery.attempts },
      after: { state: 'waiting', attempts: 0 },
    })
    return undefined
  })
}

function deliveryView(row: ListedDelivery): Delivery {
  const waiting = row.state === 'waiting'
  return {
    id: row.id,
    channel: row.channel,
    signal: { id: row.signal, type: row.type, subject: row.subject, time: row.at.toISOString() },
    state: row.state,
    attempts: row.attempts,
    ...(waiting ? { nextAt: row.next_at.toISOString() } : {}),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    log: Log.parse(row.log),
    ...(row.proof === null ? {} : { proof: row.proof }),
  }
}
