/** Queries on what instances are asked about drafts, and on what they answer. */
import type { VerificationAnswers, VerificationRequest } from '@flagmarshal/evaluation'
import { sql } from 'kysely'

import { toJson } from './column.ts'
import type { Queries, Tx } from './database.ts'
import type { EnvironmentKey } from './snapshots.ts'

/** Announces that instances are to be asked; the payload is the request's id. */
export const VERIFY_CHANNEL = 'verification_requested'

/** Who is asked, where, and what. */
export interface StoredRequest extends EnvironmentKey {
  readonly instances: readonly string[]
  readonly request: VerificationRequest
}

/** Stores a request and announces it to every server, since any may hold the streams. */
export async function insertRequest(
  tx: Tx,
  { project, environment, instances, request }: StoredRequest,
): Promise<void> {
  await tx
    .insertInto('verification_requests')
    .values({
      id: request.id,
      project,
      environment,
      instances: [...instances],
      request: toJson(request),
      at: sql`now()`,
    })
    .execute()
  await sql`select pg_notify(${VERIFY_CHANNEL}, ${request.id})`.execute(tx)
}

/** One request. */
export async function selectRequest(queries: Queries, id: string): Promise<StoredRequest | undefined> {
  return await queries
    .selectFrom('verification_requests')
    .select(['project', 'environment', 'instances', 'request'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Stores the answers of an instance that was asked; false where there is no such request for it. */
export async function insertAnswers(
  queries: Queries,
  key: EnvironmentKey & { readonly request: string },
  answers: VerificationAnswers,
): Promise<boolean> {
  const asked = await selectRequest(queries, key.request)
  if (asked === undefined || asked.project !== key.project || asked.environment !== key.environment)
    return false
  if (!asked.instances.includes(answers.instanceId)) return false
  await queries
    .insertInto('verification_answers')
    .values({ request: key.request, instance: answers.instanceId, answers: toJson(answers), at: sql`now()` })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return true
}

/** What was answered until now. */
export async function selectAnswers(
  queries: Queries,
  request: string,
): Promise<readonly VerificationAnswers[]> {
  const rows = await queries
    .selectFrom('verification_answers')
    .select('answers')
    .where('request', '=', request)
    .orderBy('instance')
    .execute()
  return rows.map((row) => row.answers)
}

/** Deletes requests that nobody answers any more; what they found is evidence. */
export async function deleteOldRequests(queries: Queries): Promise<void> {
  await sql`delete from verification_requests where at < now() - interval '1 day'`.execute(queries)
}
