import type { Json } from '@flagmarshal/domain/audit/canonical'
/**
 * Queries on the audit chains.
 */
import type { Entry, Head } from '@flagmarshal/domain/audit/entry'
import { EMPTY_HEAD } from '@flagmarshal/domain/audit/entry'
import type { Insertable, Selectable } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import { prepared } from './prepared.ts'
import type { AuditTables } from './tables/audit.ts'
import { answeredAtCommit } from './transaction.ts'

/** The head of a chain, locked until the transaction ends; undefined where there is no such chain. */
export async function lockHead(tx: Tx, chain: string): Promise<Head | undefined> {
  const [head] = await lockingHead(tx, { chain })
  return head
}

const lockingHead = prepared((queries, { chain }: { readonly chain: string }) =>
  queries.selectFrom('audit_chains').select(['count', 'hash']).where('chain', '=', chain).forUpdate(),
)

/** Begins the chain of a new project. */
export async function startChain(tx: Tx, chain: string): Promise<void> {
  await tx
    .insertInto('audit_chains')
    .values({ chain, ...EMPTY_HEAD })
    .execute()
}

/**
 * Adds an entry and moves the head to it: one statement, because everybody else waits for the head.
 * It is answered with the commit.
 */
export function insertEntry(tx: Tx, chain: string, entry: Entry): void {
  const { actor, subject } = entry
  const answer = insertingEntry(tx, {
    chain,
    seq: entry.seq,
    at: new Date(entry.at),
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_name: actor.name,
    action: entry.action,
    subject_kind: subject.kind,
    subject_id: subject.id,
    before: toJson(entry.before),
    after: toJson(entry.after),
    reason: entry.reason,
    run: entry.run,
    request_id: entry.requestId,
    previous: entry.previous,
    hash: entry.hash,
  })
  answeredAtCommit(tx, answer)
}

const insertingEntry = prepared((queries, row: Insertable<AuditTables['audit_entries']>) =>
  queries
    .with('moved', (query) =>
      query
        .updateTable('audit_chains')
        .set({ count: row.seq, hash: row.hash })
        .where('chain', '=', row.chain)
        .returning('chain'),
    )
    .insertInto('audit_entries')
    .values(row),
)

/** Which entries of a chain to read. */
export interface EntryFilter {
  /** Only entries after this position. */
  readonly after: number
  readonly limit: number
  /** Which comes first; the oldest unless given. */
  readonly order?: 'oldest' | 'newest' | undefined
  readonly kind?: string | undefined
  readonly subject?: string | undefined
}

/** Entries by their position. */
export async function selectEntries(
  queries: Queries,
  chain: string,
  filter: EntryFilter,
): Promise<readonly Entry[]> {
  const rows = await queries
    .selectFrom('audit_entries')
    .selectAll()
    .where('chain', '=', chain)
    .where('seq', '>', filter.after)
    .$if(filter.kind !== undefined, (query) => query.where('subject_kind', '=', filter.kind ?? ''))
    .$if(filter.subject !== undefined, (query) => query.where('subject_id', '=', filter.subject ?? ''))
    .orderBy('seq', filter.order === 'newest' ? 'desc' : 'asc')
    .limit(filter.limit)
    .execute()
  return rows.map(entryOf)
}

/** Every entry of a run, and of the flag that it is about, by their position. */
export async function selectRunEntries(
  queries: Queries,
  chain: string,
  { run, flag }: { readonly run: string; readonly flag: string },
): Promise<readonly Entry[]> {
  const rows = await queries
    .selectFrom('audit_entries')
    .selectAll()
    .where('chain', '=', chain)
    .where((it) =>
      it.or([it('run', '=', run), it.and([it('subject_kind', '=', 'flag'), it('subject_id', '=', flag)])]),
    )
    .orderBy('seq')
    .execute()
  return rows.map(entryOf)
}

/** The head of a chain; undefined where there is no such chain. */
export async function selectHead(queries: Queries, chain: string): Promise<Head | undefined> {
  return await queries
    .selectFrom('audit_chains')
    .select(['count', 'hash'])
    .where('chain', '=', chain)
    .executeTakeFirst()
}

/** The heads of all chains. */
export async function selectHeads(queries: Queries): Promise<readonly (Head & { readonly chain: string })[]> {
  return await queries.selectFrom('audit_chains').selectAll().orderBy('chain').execute()
}

function entryOf(row: Selectable<AuditTables['audit_entries']>): Entry {
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    action: row.action,
    subject: { kind: row.subject_kind, id: row.subject_id },
    // What jsonb gives back is JSON; verification recomputes its hash.
    before: row.before as Json,
    after: row.after as Json,
    reason: row.reason,
    run: row.run,
    requestId: row.request_id,
    previous: row.previous,
    hash: row.hash,
  }
}
