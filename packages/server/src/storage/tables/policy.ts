/** What projects settle about their runs, gates passed in an emergency, reusable plans. */
import type { Instant, JsonColumn } from '../column.ts'

export interface PolicyTables {
  project_policies: {
    project: string
    revision: number
    /** Parsed with a schema by its reader. */
    policy: JsonColumn
    changed_at: Instant
    changed_by: string
  }
  broken_glass: {
    id: string
    project: string
    feature: string
    gate: string
    reason: string
    by: string
    at: Instant
    until: Instant
    /** Null while the review is open. */
    review: JsonColumn<{ readonly by: string; readonly at: string; readonly note: string }> | null
  }
  plan_templates: {
    key: string
    name: string
    description: string
    plan: JsonColumn
    created_at: Instant
    created_by: string
  }
}
