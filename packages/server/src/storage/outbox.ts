/**
 * Signals to the world outside, written in the transaction of what they announce, together with one
 * delivery for each channel that takes them: what was not committed is never sent, and what was is
 * never forgotten.
 */
import { laneOf } from '@flagmarshal/domain/signal/channel'
import { sql } from 'kysely'
import type { Selectable } from 'kysely'

import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { OutboxTables } from './tables/outbox.ts'
import { addressPeople } from './tellings.ts'
import type { Tell } from './tellings.ts'

/** Announces that there is something to deliver. */
export const DELIVERY_CHANNEL = 'deliveries'

/** A CloudEvent without its envelope. */
export interface NewSignal {
  /** CloudEvents type: `dev.flagmarshal.<noun>.<verb>`. */
  readonly type: string
  readonly project: string
  /** CloudEvents subject: what it is about, like `features/new-checkout`. */
  readonly subject: string
  readonly data: unknown
  /** Two signals with the same key are one: the second is not stored. */
  readonly dedupKey: string
  /** Who is told by name. */
  readonly tell?: Tell
  /** Also to every channel that got a signal about this run, whatever it takes. */
  readonly heard?: string
}

/** A signal as listed, with what came of its deliveries. */
export interface ListedSignal extends Selectable<OutboxTables['outbox']> {
  readonly state: 'no_channel' | 'pending' | 'delivered' | 'failed'
}

/** Stores a signal to be sent once the transaction has committed. */
export async function emit(tx: Tx, context: Context, signal: NewSignal): Promise<void> {
  const id = newId('signal')
  const [stored, toChannels] = await Promise.all([
    tx
      .insertInto('outbox')
      .values({
        id,
        project: signal.project,
        type: signal.type,
        subject: signal.subject,
        data: toJson(signal.data),
        dedup_key: `${signal.project}/${signal.dedupKey}`,
        at: context.now,
      })
      .onConflict((conflict) => conflict.column('dedup_key').doNothing())
      .returning(['id', 'position'])
      .executeTakeFirst(),
    // Carried out after it: one that was not stored has no deliveries.
    address(tx, context, signal, id),
  ])
  if (stored === undefined) return
  const { project, subject, tell } = signal
  const toPeople =
    tell !== undefined && (await addressPeople(tx, { ...stored, project, subject, now: context.now }, tell))
  if (toChannels || toPeople) await announceDeliveries(tx)
}

/**
 * One delivery a channel of a signal that was stored. Whoever takes a signal is also told when it is taken back; a Jira channel
 * always hears that a plan is approved or no longer so, because a run that has a ticket waits for it, and
 * of a rollback that is to be followed up and of a flag that is to be cleaned up.
 */
async function address(
  tx: Tx,
  { now }: Context,
  { project, type, subject, heard }: NewSignal,
  id: string,
): Promise<boolean> {
  const base = type.replace(/\.revoked$/, '')
  const taken = sql<boolean>`exists (
    select from unnest(subscribes) as wanted
    where wanted in (${base}, ${type}, '*')
      or (wanted like '%.*' and starts_with(${base}, left(wanted, -1))))`
  const always = sql<boolean>`(kind = 'jira' and ${/\.(rolloutplan\.approved|rollback\.reported|flag\.cleanup\.requested)$/.test(base)})`
  const hasHeard = sql<boolean>`exists (
    select from deliveries before join outbox told on told.id = before.signal
    where before.project = ${project} and before.channel = channels.key
      and told.subject = ${subject} and told.data ->> 'run' = ${heard ?? ''})`
  const inserted = await tx
    .insertInto('deliveries')
    .columns(['id', 'signal', 'project', 'channel', 'kind', 'lane', 'position', 'state', 'next_at'])
    .expression((from) =>
      from
        .selectFrom('channels')
        .innerJoin('outbox', (join) => join.on('outbox.id', '=', id))
        .where('channels.project', '=', project)
        .where(sql<boolean>`(${taken} or ${always} or ${hasHeard})`)
        .select([
          sql<string>`'delivery_' || substr(md5(outbox.id || key), 1, 24)`.as('id'),
          'outbox.id as signal',
          'channels.project',
          'key',
          'kind',
          sql<string>`${laneOf(subject)}::text`.as('lane'),
          'outbox.position',
          sql<'waiting'>`'waiting'`.as('state'),
          sql<Date>`${now}::timestamptz`.as('next_at'),
        ]),
    )
    .executeTakeFirst()
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Wakes every server's dispatcher once the transaction has committed. */
export async function announceDeliveries(tx: Tx): Promise<void> {
  await sql`select pg_notify(${DELIVERY_CHANNEL}, '')`.execute(tx)
}

/** The signals of a project, newest first. */
export async function selectSignals(
  queries: Queries,
  project: string,
  limit: number,
): Promise<readonly ListedSignal[]> {
  return await queries
    .selectFrom('outbox')
    .selectAll()
    .select(
      sql<ListedSignal['state']>`(
        select case
          when count(*) = 0 then 'no_channel'
          when bool_or(state in ('dead', 'dropped')) then 'failed'
          when bool_or(state = 'waiting') then 'pending'
          else 'delivered' end
        from deliveries where signal = outbox.id)`.as('state'),
    )
    .where('project', '=', project)
    .orderBy('position', 'desc')
    .limit(limit)
    .execute()
}
