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
