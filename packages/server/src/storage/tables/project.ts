/** Projects and environments. Their keys are their identity and never change. */
import type { Generated } from 'kysely'

import type { Instant } from '../column.ts'

export interface ProjectTables {
  projects: {
    key: string
    name: string
    revision: number
    created_at: Instant
  }
  environments: {
    project: string
    key: string
    name: string
    protected: boolean
    /** Order in lists, from 0. */
    position: number
    created_at: Instant
    /** It was given up: nothing is on in it, and nothing connects to it. */
    archived_at: Generated<Date | null>
  }
}
