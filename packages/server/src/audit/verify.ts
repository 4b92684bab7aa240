/** Verifying an audit chain: recomputes it from its first entry. */
import type { Verification } from '@flagmarshal/api/audit'
import { EMPTY_HEAD } from '@flagmarshal/domain/audit/entry'
import type { Head } from '@flagmarshal/domain/audit/entry'
import { conclude, follow, NOTHING_READ } from '@flagmarshal/domain/audit/verify'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { sha256 } from '../id.ts'
import { selectHead } from '../storage/audit.ts'
import type { Database } from '../storage/database.ts'
import type { ChainOwner } from './chain.ts'
import { batchesOf, existingChain } from './read.ts'

/**
 * Whether the chain holds, and where it breaks first. With `anchor`, a head noted earlier, a cut tail
 * and a rewritten chain are found too. Entries that are added meanwhile are not looked at: the head
 * is read first, and reading ends there.
 */
export async function verifyChain(
  database: Database,
  owner: ChainOwner,
  anchor?: Head,
): Promise<Verification | Refusal> {
  const chain = await existingChain(database, owner)
  if (typeof chain !== 'string') return chain
  const stored = (await selectHead(database.kysely, chain)) ?? EMPTY_HEAD

  let progress = NOTHING_READ
  let hashThere = anchor?.count === 0 ? EMPTY_HEAD.hash : undefined
  for await (const batch of batchesOf(database, chain)) {
    for (const entry of batch) {
      if (entry.seq > stored.count && progress.head.hash === stored.hash) break
      progress = follow(chain, progress, entry, sha256)
      if (progress.head.count === anchor?.count) hashThere = entry.hash
    }
    if (batch.some((entry) => entry.seq > stored.count)) break
  }

  const broken = conclude(progress, stored, anchor && { head: anchor, hashThere })
  return {
    ok: broken === undefined,
    entries: progress.head.count,
    head: progress.head,
    ...(broken === undefined ? {} : { firstBroken: broken }),
  }
}
