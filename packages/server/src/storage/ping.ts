/** Whether the database answers. */
import { sql } from 'kysely'

import type { PartState } from '../readiness.ts'
import type { Database } from './database.ts'

/** Asks it; throws when it does not answer. */
export async function pingDatabase(database: Database): Promise<PartState> {
  await sql`select 1`.execute(database.kysely)
  return { ok: true }
}
