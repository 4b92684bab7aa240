/** The audit chains: one head each, and entries that a trigger keeps from being changed. */
import type { Instant, JsonColumn } from '../column.ts'

export interface AuditTables {
  audit_chains: {
    /** `installation` or `project:<key>`. */
    chain: string
    count: number
    hash: string
  }
  audit_entries: {
    chain: string
    seq: number
    at: Instant
    actor_kind: string
    actor_id: string
    actor_name: string
    action: string
    subject_kind: string
    subject_id: string
    before: JsonColumn
    after: JsonColumn
    reason: string | null
    run: string | null
    request_id: string
    previous: string
    hash: string
  }
}
