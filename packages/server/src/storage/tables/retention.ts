/** How long what is recorded is kept, and what the last deletion took: one row each. */
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

export interface RetentionTables {
  retention: {
    id: Generated<boolean>
    days: JsonColumn
    revision: number
    changed_at: Instant
    changed_by: string
  }
  retention_runs: {
    id: Generated<boolean>
    at: Instant
    deleted: JsonColumn
  }
}
