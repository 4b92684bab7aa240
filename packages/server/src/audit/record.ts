/**
 * Writes an act into the audit chain, in the transaction of the act.
 *
 * It locks the head of the chain, so call it last: after the locks on rollout and flag, and before
 * nothing but the commit.
 */
import type { Json } from '@flagmarshal/domain/audit/canonical'
import { append } from '@flagmarshal/domain/audit/entry'

import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import { insertEntry, lockHead } from '../storage/audit.ts'
import type { Tx } from '../storage/database.ts'
import { chainOf } from './chain.ts'
import type { ChainOwner } from './chain.ts'

/** An act to be recorded. `before` and `after` are the subject as JSON; leave secrets out. */
export interface Act {
  readonly chain: ChainOwner
  /** `noun.verb`, like `flag.update`. */
  readonly action: string
  readonly subject: { readonly kind: string; readonly id: string }
  /** Absent where the subject did not exist. */
  readonly before?: unknown
  /** Absent where the subject does not exist any more. A promise is what a statement will answer that was sent before. */
  readonly after?: unknown
  readonly reason?: string
  /** The procedure run that the act belongs to. */
  readonly run?: string
}

/** Appends an act to its chain. */
export async function record(tx: Tx, context: Context, act: Act): Promise<void> {
  const chain = chainOf(act.chain)
  const [head, after] = await Promise.all([lockHead(tx, chain), act.after])
  if (head === undefined) throw new Error(`there is no audit chain ${chain}`)
  const { kind, id, name } = context.actor
  const fact = {
    at: context.now.toISOString(),
    actor: { kind, id, name },
    action: act.action,
    subject: act.subject,
    before: asJson(act.before),
    after: asJson(after),
    reason: act.reason ?? null,
    run: act.run ?? null,
    requestId: context.requestId,
  }
  insertEntry(tx, chain, append(chain, head, fact, sha256))
}

/** What JSON keeps of a value: dates become text, undefined members go. */
function asJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null))
  return json
}
