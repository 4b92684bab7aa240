/** What a rollback could rest on (P-S5): the hooks that step 5 names, who may report, what sends alerts. */
import { ROLES } from '@flagmarshal/domain/access/permission'
import { hooksOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-hooks'
import type {
  HookFacts,
  RollbackSurroundings,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type {
  MonitoringOutput,
  RollbackOutput,
} from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'

import { selectPeople } from '../storage/access.ts'
import type { Queries } from '../storage/database.ts'
import { selectProvenHooks } from '../storage/hook-runs.ts'
import { selectHook } from '../storage/hooks.ts'
import { selectSources } from '../storage/inbound.ts'

/** Loads it for a project. */
export async function loadSurroundings(
  queries: Queries,
  project: string,
  {
    rollback: output,
    monitoring,
  }: {
    readonly rollback: Partial<RollbackOutput>
    readonly monitoring: Partial<MonitoringOutput>
  },
): Promise<RollbackSurroundings> {
  const names = hooksOf(output)
  // Only those that are named: somebody new is no change of what the checks look at.
  const named = new Set([
    ...(output.triggers ?? []).flatMap(({ bound }) => ('person' in bound ? [bound.person] : [])),
    ...(monitoring.alerts ?? []).map((it) => it.person),
  ])
  const proven = names.length === 0 ? [] : await selectProvenHooks(queries, project)
  const found = await Promise.all(
    names.map(async ({ key, version }): Promise<readonly HookFacts[]> => {
      const row = await selectHook(queries, { project, hook: key }, version)
      if (row === undefined) return []
      const { part, staging } = row.definition
      const runs = proven.filter((it) => it.hook === key && it.version === version)
      const ran = runs.find((it) => it.mode === 'run' && it.target === 'staging')
      const rehearsed = runs.find((it) => it.mode === 'dry-run')
      return [
        {
          key,
          version,
          part,
          staging: 'none' in staging ? { none: staging.none } : true,
          ...(ran === undefined ? {} : { ranOnStaging: ran.id }),
          ...(rehearsed === undefined ? {} : { rehearsed: rehearsed.id }),
        },
      ]
    }),
  )
  return {
    hooks: found.flat(),
    people: [...ROLES, ...(await selectPeople(queries)).flatMap((it) => [it.id, it.name])].filter((it) =>
      named.has(it),
    ),
    sources: (await selectSources(queries, project)).map((it) => it.key),
  }
}
