/** Answers to creations that carried an Idempotency-Key. */
import type { Instant } from '../column.ts'

export interface HttpTables {
  idempotency_keys: {
    actor: string
    key: string
    /** SHA-256 of operation, parameters and body. */
    request_hash: string
    status: number | null
    etag: string | null
    /** As it was sent: `jsonb` would reorder its members. */
    body: string | null
    at: Instant
  }
}
