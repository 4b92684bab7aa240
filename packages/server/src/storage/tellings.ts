/**
 * Telling people by name (P-EX4): a mail for each whose address is known, beside what goes to whole
 * channels, and what became of all of it.
 */
import { laneOf } from '@flagmarshal/domain/signal/channel'
import type { TellingDelivery } from '@flagmarshal/domain/signal/told'
import { sql } from 'kysely'
import { z } from 'zod'

import { sha256 } from '../id.ts'
import type { Queries, Tx } from './database.ts'

/** Who is told, and where those are reached who are no people of this server. */
export interface Tell {
  readonly names: readonly string[]
  readonly contacts: Readonly<Record<string, string>>
}

/** A signal that has been stored. */
interface Stored {
  readonly id: string
  readonly position: number
  readonly project: string
  readonly subject: string
  readonly now: Date
}

const Log = z.array(z.object({ why: z.string().optional() }))

/**
 * One delivery for each name with a mailbox, by the first active mail channel of the project. Each has
 * a lane of its own: a mailbox that does not answer keeps nobody else's message.
 */
export async function addressPeople(tx: Tx, signal: Stored, tell: Tell): Promise<boolean> {
  const channel = await tx
    .selectFrom('channels')
    .where('project', '=', signal.project)
    .where('kind', '=', 'mail')
    .where('state', '=', 'active')
    .orderBy('key')
    .select('key')
    .executeTakeFirst()
  const mailboxes = channel === undefined ? [] : await mailboxesOf(tx, tell)
  if (channel === undefined || mailboxes.length === 0) return false
  await tx
    .insertInto('deliveries')
    .values(
      mailboxes.map(({ name, mailbox }) => ({
        id: `delivery_${sha256(`${signal.id}/${channel.key}/${name}`).slice(0, 24)}`,
        signal: signal.id,
        project: signal.project,
        channel: channel.key,
        kind: 'mail' as const,
        lane: `${laneOf(signal.subject)}/to/${name}`,
        position: signal.position,
        state: 'waiting' as const,
        attempts: 0,
        log: '[]',
        next_at: signal.now,
        recipient: name,
        mailbox,
      })),
    )
    .execute()
  return true
}

/** The deliveries of the newest signal of this type about a run. */
export async function selectTellings(
  queries: Queries,
  key: { readonly project: string; readonly subject: string; readonly run: string },
  type: string,
): Promise<readonly TellingDelivery[]> {
  const rows = await queries
    .selectFrom('deliveries')
    .where('signal', '=', (from) =>
      from
        .selectFrom('outbox')
        .where('project', '=', key.project)
        .where('subject', '=', key.subject)
        // As in the index that finds it.
        .where('type', 'in', [type])
        .where(sql<boolean>`data ->> 'run' = ${key.run}`)
        .orderBy('position', 'desc')
        .limit(1)
        .select('id'),
    )
    .orderBy('id')
    .select(['id', 'channel', 'recipient', 'state', 'log', 'evidence'])
    .execute()
  return rows.map(({ id, channel, recipient, state, log, evidence }) => {
    const why = Log.parse(log).at(-1)?.why
    return {
      id,
      channel,
      state,
      ...(recipient === null ? {} : { recipient }),
      ...(why === undefined ? {} : { why }),
      ...(evidence === null ? {} : { evidence }),
    }
  })
}

/** A person's own address, what the project says of a name, or the name where it is an address itself. */
async function mailboxesOf(
  tx: Tx,
  { names, contacts }: Tell,
): Promise<readonly { readonly name: string; readonly mailbox: string }[]> {
  if (names.length === 0) return []
  const people = await tx
    .selectFrom('people')
    .where('id', 'in', [...names])
    .select(['id', 'email'])
    .execute()
  const known = new Map(people.map((it) => [it.id, it.email]))
  return names.flatMap((name) => {
    const given = Object.hasOwn(contacts, name) ? contacts[name] : undefined
    const mailbox = known.get(name) ?? given ?? (/^[^\s<>,;]+@[^\s<>,;]+$/.test(name) ? name : undefined)
    return mailbox === undefined ? [] : [{ name, mailbox }]
  })
}
