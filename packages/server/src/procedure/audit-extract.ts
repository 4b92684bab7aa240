/** What the audit chain says of one run and its flag, whole or one of the named extracts (P-A3). */
import type { AuditEntry } from '@flagmarshal/api/audit'
import { EXTRACTS, isIn } from '@flagmarshal/domain/audit/extract'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { chainOf } from '../audit/chain.ts'
import { selectRunEntries } from '../storage/audit.ts'
import type { Database } from '../storage/database.ts'
import { loadRun } from './load.ts'
import type { RunKey } from './load.ts'

/** Entries that are wanted; any other kind is that of a subject. */
export interface ExtractWanted {
  readonly kind?: string | undefined
  readonly after?: number | undefined
  readonly limit?: number | undefined
  readonly order?: 'oldest' | 'newest' | undefined
}

const LARGEST_PAGE = 1_000

/** The entries, at most 1,000. */
export async function extractAudit(
  { kysely }: Database,
  key: RunKey,
  { kind, after = 0, limit = 100, order }: ExtractWanted,
): Promise<AuditEntry[] | Refusal> {
  const loaded = await loadRun(kysely, key)
  if (isRefusal(loaded)) return loaded
  const { project, flag } = loaded.feature
  const entries = await selectRunEntries(kysely, chainOf({ project }), { run: key.run, flag })
  const name = EXTRACTS.find((it) => it === kind)
  const wanted = entries.filter(
    (it) =>
      it.seq > after &&
      (name === undefined ? kind === undefined || it.subject.kind === kind : isIn(name, it)),
  )
  return (order === 'newest' ? wanted.toReversed() : wanted).slice(0, Math.min(limit, LARGEST_PAGE))
}
