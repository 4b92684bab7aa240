/** Verifying an audit chain: recomputes it from its first entry. */
import type { Verification } from '@flagmarshal/api/audit'
import { EMPTY_HEAD } from '@flagmarshal/domain/audit/entry'
import type { Head } from '@flagmarshal/domain/audit/entry'
import { conclude, follow, NOTHING_READ } from '@flagmarshal/domain/audit/verify'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { sha256 } from '../id.ts'
import { selectHead } from '../storage/audit.ts'
import type { Database, Tx } from '../storage/database.ts'
import type { ChainOwner } from './chain.ts'
import { batchesOf, existingChain } from './read.ts'

/**
 * Whether the chain holds, and where it breaks first. With `anchor`, a head noted earlier, a cut tail
 * and a rewritten chain are found too. It reads one state of the database, so what is added meanwhile
 * does not disturb it.
 */
export async function verifyChain(
  database: Database,
  owner: ChainOwner,
  anchor?: Head,
): Promise<Verification | Refusal> {
  const chain = await existingChain(database, owner)
  if (typeof chain !== 'string') return chain
  return await database.transaction((tx) => verifyAll(tx, chain, anchor), { snapshot: true })
}

async function verifyAll(tx: Tx, chain: string, anchor: Head | undefined): Promise<Verification> {
  const stored = (await selectHead(tx, chain)) ?? EMPTY_HEAD
  let progress = NOTHING_READ
  let hashThere = anchor?.count === 0 ? EMPTY_HEAD.hash : undefined
  for await (const batch of batchesOf(tx, chain)) {
    for (const entry of batch) {
      progress = follow(chain, progress, entry, sha256)
      if (progress.head.count === anchor?.count) hashThere = entry.hash
    }
  }
  const broken = conclude(progress, stored, anchor && { head: anchor, hashThere })
  return {
    ok: broken === undefined,
    entries: progress.head.count,
    head: progress.head,
    ...(broken === undefined ? {} : { firstBroken: broken }),
  }
}
