/** Connections to monitoring systems. */
import type { Instant, JsonColumn } from '../column.ts'

export interface ConnectionTables {
  connections: {
    project: string
    key: string
    kind: 'prometheus'
    /** Null: it serves every environment. */
    environment: string | null
    /** What is not secret; parsed with a schema by its reader. */
    settings: JsonColumn
    /** Sealed JSON: a secret by part. */
    secret: string | null
    revision: number
    created_at: Instant
  }
}
