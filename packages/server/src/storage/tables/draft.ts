/** Drafts of changes in protected environments, and what people said to them. */
import type { Role } from '@flagmarshal/domain/access/permission'
import type { DraftContent } from '@flagmarshal/domain/draft/content'
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

export interface DraftTables {
  drafts: {
    id: string
    project: string
    environment: string
    kind: 'flag' | 'segment'
    /** The key of the flag or segment. */
    subject: string
    why: string
    base_revision: number
    /** Of a flag or of a segment, by `kind`. */
    base: JsonColumn<DraftContent>
    proposed: JsonColumn<DraftContent>
    hash: string
    contributors: string[]
    requested_hash: string | null
    requested_by: string | null
    requested_at: Instant | null
    closed_as: 'published' | 'discarded' | null
    closed_by: string | null
    closed_at: Instant | null
    closed_reason: string | null
    published_revision: number | null
    revision: number
    created_at: Instant
    created_by: string
    changed_at: Instant
    changed_by: string
  }
  draft_verdicts: {
    draft: string
    position: Generated<number>
    by: string
    roles: Role[]
    verdict: 'approved' | 'changes_requested'
    hash: string
    comment: string | null
    at: Instant
  }
}
