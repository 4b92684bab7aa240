/** Signals that are to be sent, written in the transaction of what they announce. */
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

export interface OutboxTables {
  outbox: {
    id: string
    /** Order of writing. */
    position: Generated<number>
    project: string
    /** CloudEvents type. */
    type: string
    subject: string
    data: JsonColumn
    /** What makes this signal the same as another one: the second is not stored. */
    dedup_key: string
    at: Instant
  }
}
