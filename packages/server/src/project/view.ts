/** A project as callers see it. */
import type { Project } from '@flagmarshal/api/project'

import type { EnvironmentRow, ProjectRow } from '../storage/projects.ts'

/** Rows → what the API shows. */
export function projectView(row: ProjectRow, environments: readonly EnvironmentRow[]): Project {
  return {
    key: row.key,
    name: row.name,
    environments: environments
      .filter((it) => it.project === row.key)
      .map((it) => ({
        key: it.key,
        name: it.name,
        protected: it.protected,
        createdAt: it.created_at.toISOString(),
      })),
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  }
}
