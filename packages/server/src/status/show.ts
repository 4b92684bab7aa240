/** How the product itself is: for people who wonder whether to trust what they see. */
import type { Status } from '@flagmarshal/api/system'
import { z } from 'zod'

import { sees } from '../context.ts'
import type { Context } from '../context.ts'
import type { Readiness } from '../readiness.ts'
import type { Database } from '../storage/database.ts'
import { selectBacklogs, selectDatabase, selectFleet, selectTicks } from '../storage/status.ts'
import { version } from '../version.ts'

interface Parts {
  readonly database: Database
  readonly readiness: Readiness
}

/** Of the whole installation; an automation sees its own project only. */
export async function showStatus(
  { actor }: Pick<Context, 'actor'>,
  { database: { kysely }, readiness }: Parts,
): Promise<Status> {
  const begun = performance.now()
  const database = await selectDatabase(kysely)
  const databaseMs = Math.round((performance.now() - begun) * 10) / 10
  const { ready, ...parts } = await readiness.check()
  const { lastTickAt, watched, overdueMs } = await selectTicks(kysely)
  const seen = ({ project }: { readonly project: string }) => sees(actor, project)
  return {
    at: database.now.toISOString(),
    versions: {
      server: version,
      node: process.version,
      database: `PostgreSQL ${database.version}`,
      migration: database.migration,
    },
    ready,
    parts: Object.entries(parts).map(([name, state]) => partView(name, state)),
    databaseMs,
    controller: { watched, overdueMs, lastTickAt: lastTickAt?.toISOString() ?? null },
    channels: (await selectBacklogs(kysely)).filter(seen),
    fleet: (await selectFleet(kysely)).filter(seen).map((it) => ({ ...it, sdks: [...it.sdks] })),
  }
}

function partView(name: string, state: unknown): Status['parts'][number] {
  const { ok, ...facts } = z.looseObject({ ok: z.boolean() }).parse(state)
  return { name, ok, facts }
}
