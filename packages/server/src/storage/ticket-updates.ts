/**
 * What became of telling a ticket that its plan is approved, read from the deliveries.
 */
import type { TicketFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { sql } from 'kysely'
import { z } from 'zod'

import type { Queries } from './database.ts'

const Proof = z.object({ ticket: z.string(), comment: z.string(), remoteLink: z.string() })
const Log = z.array(z.object({ why: z.string().optional() }))

/** The update that the approval of this bundle brought about; the one that succeeded, where there are several. */
// oxlint-disable-next-line max-params -- where to look, and the three parts of one identity
export async function selectTicketUpdate(
  queries: Queries,
  project: string,
  run: string,
  bundleHash: string,
): Promise<TicketFacts> {
  const channels = await queries
    .selectFrom('channels')
    .where('project', '=', project)
    .where('kind', '=', 'jira')
    .where('state', '=', 'active')
    .select('key')
    .execute()
  const updates = await queries
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.signal')
    .where('deliveries.project', '=', project)
    .where('deliveries.kind', '=', 'jira')
    .where('outbox.type', 'like', '%.rolloutplan.approved')
    .where(sql<boolean>`data ->> 'run' = ${run} and data ->> 'bundleHash' = ${bundleHash}`)
    .orderBy('deliveries.position', 'desc')
    .select(['deliveries.proof', 'deliveries.log'])
    .execute()
  const proof = updates.map((it) => Proof.safeParse(it.proof)).find((it) => it.success)?.data
  const failure = Log.parse(updates[0]?.log ?? []).at(-1)?.why
  return {
    connected: channels.length > 0,
    ...(proof === undefined ? {} : { proof }),
    ...(proof !== undefined || failure === undefined ? {} : { failure }),
  }
}

/** What became of telling a ticket system of something else. */
export interface TicketDelivery {
  /** `none`: no channel to one has taken it. */
  readonly state: 'none' | 'waiting' | 'delivered' | 'failed'
  readonly proof: Readonly<Record<string, unknown>> | null
}

/** The delivery of the newest signal of a type whose data hold a value under a name. */
export async function selectTicketDelivery(
  queries: Queries,
  of: { readonly project: string; readonly type: string; readonly name: string; readonly value: string },
): Promise<TicketDelivery> {
  const row = await queries
    .selectFrom('deliveries')
    .innerJoin('outbox', 'outbox.id', 'deliveries.signal')
    .where('deliveries.project', '=', of.project)
    .where('deliveries.kind', '=', 'jira')
    .where('outbox.type', '=', of.type)
    .where(sql<boolean>`data ->> ${of.name} = ${of.value}`)
    .orderBy('deliveries.position', 'desc')
    .select(['deliveries.proof', 'deliveries.state'])
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return { state: 'none', proof: null }
  const proof = z.record(z.string(), z.unknown()).safeParse(row.proof).data ?? null
  const state = row.state === 'waiting' || row.state === 'delivered' ? row.state : ('failed' as const)
  return { state, proof }
}
