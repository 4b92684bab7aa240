/**
 * Queries on deliveries: claiming what is due, and keeping what became of it.
 */
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { OutboxTables } from './tables/outbox.ts'
import type { SignalTables } from './tables/signal.ts'

export type DeliveryRow = Selectable<SignalTables['deliveries']>

/** A delivery with the type and subject of its signal. */
export type ListedDelivery = DeliveryRow & Pick<Selectable<OutboxTables['outbox']>, 'type' | 'subject' | 'at'>

/** A delivery that this server may send now. */
export interface ClaimedDelivery {
  readonly delivery: DeliveryRow
  readonly signal: Selectable<OutboxTables['outbox']>
}

/** What may be claimed. */
export interface Claim {
  readonly now: Date
  /** When others may try, should this server not say what became of it. */
  readonly until: Date
  readonly limit: number
  /** How many one channel may have in flight, on all servers together. */
  readonly perChannel: number
}

/**
 * Claims deliveries that are due: of each channel and lane only the first one that waits, so that
 * their order holds, and of each channel a few, so that one that hangs leaves room for the others.
 */
export async function claimDeliveries(tx: Tx, claim: Claim): Promise<readonly ClaimedDelivery[]> {
  const { now, until, limit, perChannel } = claim
  const claimed = await sql<DeliveryRow>`
    update deliveries set claimed_until = ${until}
    where id in (
      select id from deliveries d
      where state = 'waiting' and next_at <= ${now} and (claimed_until is null or claimed_until <= ${now})
        and exists (select from channels c where c.project = d.project and c.key = d.channel and c.state = 'active')
        and id in (
          select id from (
            select head.id, row_number() over (partition by head.project, head.channel order by head.position)
              + (select count(*) from deliveries busy
                  where busy.project = head.project and busy.channel = head.channel
                    and busy.state = 'waiting' and busy.claimed_until > ${now}) as place
            from (
              select distinct on (project, channel, lane) id, project, channel, position, next_at, claimed_until
              from deliveries where state = 'waiting'
              order by project, channel, lane, position
            ) head
            where head.next_at <= ${now} and (head.claimed_until is null or head.claimed_until <= ${now})
          ) placed where place <= ${perChannel}
        )
      order by next_at, position
      limit ${limit}
      for update skip locked
    )
    returning *`.execute(tx)
  if (claimed.rows.length === 0) return []
  const signals = await tx
    .selectFrom('outbox')
    .selectAll()
    .where(
      'id',
      'in',
      claimed.rows.map((it) => it.signal),
    )
    .execute()
  return claimed.rows.flatMap((delivery) => {
    const signal = signals.find((it) => it.id === delivery.signal)
    return signal === undefined ? [] : [{ delivery, signal }]
  })
}

/** In how many ms the next delivery may be due, and whether any waits at all. */
export async function nextDueMs(queries: Queries, now: Date): Promise<number | undefined> {
  const row = await queries
    .selectFrom('deliveries')
    .innerJoin('channels', (on) =>
      on
        .onRef('channels.project', '=', 'deliveries.project')
        .onRef('channels.key', '=', 'deliveries.channel'),
    )
    .where('deliveries.state', '=', 'waiting')
    .where('channels.state', '=', 'active')
    .where((where) => where.or([where('next_at', '>', now), where('claimed_until', '>', now)]))
    .select(sql<Date | null>`min(greatest(next_at, claimed_until))`.as('at'))
    .executeTakeFirst()
  const at = row?.at ?? null
  return at === null ? undefined : Math.max(0, at.getTime() - now.getTime())
}

/** One attempt as kept. */
export interface LoggedAttempt {
  readonly at: string
  readonly outcome: 'delivered' | 'failed' | 'rejected' | 'gone'
  readonly why?: string
  readonly ms: number
}

/** What became of an attempt. */
export interface Settled {
  readonly delivery: string
  readonly state: 'waiting' | 'delivered' | 'dead'
  readonly nextAt: Date
  readonly attempt: LoggedAttempt
  readonly proof?: unknown
  /** Hash of what became of it, where that is kept as evidence. */
  readonly evidence?: string
  readonly now: Date
}

/** Keeps it; a delivery that has been dropped meanwhile stays so. */
export async function settleDelivery(tx: Tx, settled: Settled): Promise<void> {
  const { delivery, state, nextAt, attempt, proof, evidence, now } = settled
  await tx
    .updateTable('deliveries')
    .set({
      state,
      attempts: sql`attempts + 1`,
      next_at: nextAt,
      claimed_until: null,
      log: sql`log || ${toJson([attempt])}::jsonb`,
      ...(proof === undefined ? {} : { proof: toJson(proof) }),
      ...(evidence === undefined ? {} : { evidence }),
      ended_at: state === 'waiting' ? null : now,
    })
    .where('id', '=', delivery)
    .where('state', '=', 'waiting')
    .execute()
}

/** What to list. */
export interface DeliveryQuery {
  readonly channel?: string
  readonly state?: DeliveryRow['state']
  readonly subject?: string
  readonly limit: number
}

/** The deliveries of a project, newest first. */
export async function selectDeliveries(
  queries: Queries,
  project: string,
  { channel, state, subject, limit }: DeliveryQuery,
): Promise<readonly ListedDelivery[]> {
  return await queries
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.signal')
    .selectAll('deliveries')
    .select(['outbox.type', 'outbox.subject', 'outbox.at'])
    .where('deliveries.project', '=', project)
    .$if(channel !== undefined, (query) => query.where('deliveries.channel', '=', channel ?? ''))
    .$if(state !== undefined, (query) => query.where('deliveries.state', '=', state ?? 'waiting'))
    .$if(subject !== undefined, (query) => query.where('outbox.subject', '=', subject ?? ''))
    .orderBy('deliveries.position', 'desc')
    .limit(limit)
    .execute()
}

/** One delivery, locked. */
export async function lockDelivery(tx: Tx, project: string, id: string): Promise<DeliveryRow | undefined> {
  return await tx
    .selectFrom('deliveries')
    .selectAll()
    .where('project', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

/** Makes a delivery due at once, with all its tries before it. */
export async function requeueDelivery(tx: Tx, id: string, now: Date): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ state: 'waiting', attempts: 0, next_at: now, claimed_until: null, ended_at: null })
    .where('id', '=', id)
    .execute()
}

/** How many deliveries of each channel wait or are dead. */
export async function countDeliveries(queries: Queries): Promise<
  readonly {
    readonly project: string
    readonly channel: string
    readonly state: string
    readonly count: number
  }[]
> {
  return await queries
    .selectFrom('deliveries')
    .where('state', 'in', ['waiting', 'dead'])
    .groupBy(['project', 'channel', 'state'])
    .select(({ fn }) => ['project', 'channel', 'state', fn.countAll<number>().as('count')])
    .execute()
}

/** Of each channel that has something waiting, since when the oldest of it waits. */
export async function selectOldestWaiting(
  queries: Queries,
): Promise<readonly { readonly project: string; readonly channel: string; readonly seconds: number }[]> {
  return await queries
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.signal')
    .where('deliveries.state', '=', 'waiting')
    .groupBy(['deliveries.project', 'deliveries.channel'])
    .select([
      'deliveries.project',
      'deliveries.channel',
      sql<number>`extract(epoch from now() - min(outbox.at))::float8`.as('seconds'),
    ])
    .execute()
}
