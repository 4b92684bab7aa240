/** Where documents are published, the jobs that publish them, and what these did. */
import type { Instant, JsonColumn } from '../column.ts'

export interface PublicationTables {
  documentation_settings: {
    project: string
    /** Null: the built-in repository. */
    remote: string | null
    branch: string
    path: string
    runbooks: string[]
    revision: number
    updated_at: Instant
    updated_by: string
  }
  publications: {
    id: string
    project: string
    run: string
    kind: 'documents' | 'records'
    state: 'accepted' | 'publishing' | 'published' | 'failed'
    progress: string
    attempts: number
    requested_by: string
    requested_at: Instant
    /** When it may be taken up; null once it has ended. */
    next_at: Instant | null
    ended_at: Instant | null
    /** What was published; its reader parses it with a schema. */
    result: JsonColumn | null
  }
}
