/**
 * Creations that a caller may repeat: the same Idempotency-Key gets the same answer.
 *
 * The whole creation runs inside one transaction that begins by writing the key, so a repeat that
 * arrives meanwhile waits, and a crash leaves neither the key nor the thing. Refused creations leave
 * no key: once the reason is gone, the same key may succeed. Keys are kept for a day.
 */
import { refuse } from '@flagmarshal/domain/refusal'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database, Tx } from '../storage/database.ts'
import { claimKey, keepAnswer, storedAnswer } from '../storage/idempotency.ts'
import { within } from '../storage/transaction.ts'

/** What was answered, as it goes over the wire. */
export interface StoredAnswer {
  readonly status: number
  readonly etag: string | null
  /** JSON. */
  readonly body: string | null
}

/** An answer, and what a repeat gets where that must not be the same: a secret is shown once. */
export interface Answered {
  readonly answer: StoredAnswer
  readonly repeat?: StoredAnswer
}

/** A request with a key; a patient one waits for locks as long as it takes, as a kill does. */
export interface KeyedRequest {
  readonly key: string
  readonly hash: string
  readonly isPatient: boolean
}

/** Runs `work` with a database that lives in the transaction, or gives the answer of the first time. */
export async function answerOnce(
  context: Context,
  database: Database,
  request: KeyedRequest,
  work: (database: Database) => Promise<Answered | Refusal>,
): Promise<StoredAnswer | Refusal> {
  const actor = `${context.actor.kind}:${context.actor.id}`
  const once = async (tx: Tx) => {
    const claimed = await claimKey(tx, { actor, key: request.key, hash: request.hash, now: context.now })
    if (!claimed) {
      const stored = await storedAnswer(tx, actor, request.key)
      return stored?.requestHash === request.hash ? stored.answer : keyReused(request.key)
    }
    const answered = await work(within(tx, database))
    if (isRefusal(answered)) return answered
    await keepAnswer(tx, actor, request.key, answered.repeat ?? answered.answer)
    return answered.answer
  }
  return await database.transaction(once, request.isPatient ? { lockTimeoutMs: 0 } : {})
}

function keyReused(key: string): Refusal {
  return refuse(
    'idempotency-key-reused',
    `The Idempotency-Key ${key} was used for another request.`,
    'Use a new key for a new request.',
    '#/header/idempotency-key',
  )
}
