/** How long what is recorded is kept: settled for the installation. */
import type { Retention } from '@flagmarshal/api/retention'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { DEFAULT_RETENTION } from '@flagmarshal/domain/retention/days'
import type { RetentionDays } from '@flagmarshal/domain/retention/days'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { stale } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectRetention, selectRetentionRun, storeRetention } from '../storage/retention.ts'

const Deleted = z.record(z.string(), z.int())
const Days = z.object({
  telemetry: z.int(),
  instances: z.int(),
  deliveries: z.int(),
  inbound: z.int(),
  sessions: z.int(),
  personas: z.int().nullable(),
})

/** What holds, and what was deleted last. */
export async function showRetention(queries: Queries): Promise<Retention> {
  const row = await selectRetention(queries)
  const run = await selectRetentionRun(queries)
  return {
    days: Days.parse(row?.days ?? DEFAULT_RETENTION),
    revision: row?.revision ?? 1,
    changedBy: row?.changed_by ?? null,
    changedAt: row?.changed_at.toISOString() ?? null,
    lastRun: run === undefined ? null : { at: run.at.toISOString(), deleted: Deleted.parse(run.deleted) },
  }
}

/** Settles it anew. */
export async function writeRetention(
  context: Context,
  database: Database,
  { days, ifMatch }: { readonly days: RetentionDays; readonly ifMatch: number },
): Promise<Retention | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await showRetention(tx)
    const row = {
      days,
      revision: ifMatch + 1,
      changed_at: context.now,
      changed_by: context.actor.id,
    }
    if (before.revision !== ifMatch || !(await storeRetention(tx, row))) return stale('retention', before)
    await record(tx, context, {
      chain: 'installation',
      action: 'retention.write',
      subject: { kind: 'installation', id: 'retention' },
      before: before.days,
      after: days,
    })
    return await showRetention(tx)
  })
}
