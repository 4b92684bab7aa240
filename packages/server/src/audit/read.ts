/** Reading audit chains and signals. */
import type { AuditEntry, Signal } from '@flagmarshal/api/audit'
import type { Entry } from '@flagmarshal/domain/audit/entry'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import { selectEntries, selectHead } from '../storage/audit.ts'
import type { EntryFilter } from '../storage/audit.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectSignals } from '../storage/outbox.ts'
import { selectProject } from '../storage/projects.ts'
import { chainOf } from './chain.ts'
import type { ChainOwner } from './chain.ts'

/** The most that one answer holds. */
const LARGEST_PAGE = 1_000

/** Entries read and hashed in one go: each may hold a whole run, and others want to be answered in between. */
const AT_ONCE = 100

/** Entries of a chain, from its beginning or from its end, at most 1,000. */
export async function listEntries(
  database: Database,
  owner: ChainOwner,
  filter: { readonly [K in keyof EntryFilter]?: EntryFilter[K] | undefined },
): Promise<AuditEntry[] | Refusal> {
  const chain = await existingChain(database, owner)
  if (typeof chain !== 'string') return chain
  const limit = Math.min(filter.limit ?? 100, LARGEST_PAGE)
  return [...(await selectEntries(database.kysely, chain, { ...filter, after: filter.after ?? 0, limit }))]
}

/** A whole chain, one JSON object a line, read in batches so that its length does not matter. */
export async function exportEntries(
  database: Database,
  owner: ChainOwner,
): Promise<AsyncIterable<string> | Refusal> {
  const chain = await existingChain(database, owner)
  return typeof chain === 'string' ? linesOf(database, chain) : chain
}

/** Signals of a project, newest first, at most 1,000. */
export async function listSignals(
  database: Database,
  project: string,
  limit = 100,
): Promise<Signal[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectSignals(database.kysely, project, Math.min(limit, LARGEST_PAGE))
  return rows.map((row) => ({
    id: row.id,
    type: row.type,
    subject: row.subject,
    time: row.at.toISOString(),
    data: row.data,
    state: row.state,
  }))
}

/** All entries of a chain in batches. */
export async function* batchesOf(queries: Queries, chain: string): AsyncGenerator<readonly Entry[]> {
  let after = 0
  for (;;) {
    const batch = await selectEntries(queries, chain, { after, limit: AT_ONCE })
    const last = batch.at(-1)
    if (last === undefined) return
    yield batch
    after = last.seq
  }
}

/** The name of the chain, if there is one. */
export async function existingChain(database: Database, owner: ChainOwner): Promise<string | Refusal> {
  const chain = chainOf(owner)
  const exists = (await selectHead(database.kysely, chain)) !== undefined
  return exists || owner === 'installation' ? chain : notFound('project', owner.project)
}

async function* linesOf(database: Database, chain: string): AsyncGenerator<string> {
  for await (const batch of batchesOf(database.kysely, chain)) {
    yield batch.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  }
}
