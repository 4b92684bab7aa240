/** Answers to creations that carried an Idempotency-Key. */
import type { Instant, JsonColumn } from '../column.ts'

export interface HttpTables {
  idempotency_keys: {
    actor: string
    key: string
    /** SHA-256 of operation, parameters and body. */
    request_hash: string
    status: number | null
    etag: string | null
    body: JsonColumn | null
    at: Instant
  }
}
