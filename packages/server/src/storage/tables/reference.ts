/** Uploads, and where code asks flags. */
import type { CodeReference, DynamicAsk, Extinct } from '@flagmarshal/domain/reference/code-references'
import type { TestResults } from '@flagmarshal/domain/reference/model'

import type { Instant, JsonColumn } from '../column.ts'

export interface ReferenceTables {
  uploads: {
    project: string
    /** SHA-256 of the content. */
    hash: string
    name: string
    content: Buffer
    /** Null where it holds none. */
    tests: JsonColumn<TestResults | null>
    by: string
    at: Instant
  }
  code_references: {
    project: string
    /** May be a flag that does not exist. */
    flag: string
    repository: string
    branch: string | null
    commit: string
    refs: JsonColumn<readonly CodeReference[]>
    /** Null where the flag is named, or no scan has found when it was last. */
    extinct: JsonColumn<Extinct> | null
    by: string
    at: Instant
  }
  code_scans: {
    project: string
    repository: string
    branch: string | null
    commit: string
    files: number
    dynamic: JsonColumn<readonly DynamicAsk[]>
    by: string
    at: Instant
  }
}
