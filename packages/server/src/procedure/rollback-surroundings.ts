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
import { z } from 'zod'

import { selectPeople } from '../storage/access.ts'
import type { Queries } from '../storage/database.ts'
import { selectProvenHooks } from '../storage/hook-runs.ts'
import { selectHook } from '../storage/hooks.ts'
import { selectSources } from '../storage/inbound.ts'
import { selectUpload } from '../storage/references.ts'

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
  const handover = await handoverOf(queries, project, output)
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
    ...(handover && { handover }),
  }
}

/** As `flagmarshal procedure show --json` prints a procedure; more of it is not compared. */
const Uploaded = z.object({
  id: z.string().min(1).max(200),
  version: z.int().min(1),
  steps: z
    .array(z.object({ id: z.string().max(200), checks: z.array(z.object({ id: z.string() })).default([]) }))
    .max(100),
})

/** The definition of another system's procedure, where it was uploaded. */
async function handoverOf(
  queries: Queries,
  project: string,
  { handover }: Partial<RollbackOutput>,
): Promise<RollbackSurroundings['handover']> {
  const { kind, hash } = handover?.reference ?? {}
  if (kind !== 'upload' || hash === undefined) return undefined
  const upload = await selectUpload(queries, project, hash)
  if (upload === undefined) return { unreadable: 'there is no such upload' }
  const read = Uploaded.safeParse(jsonOf(upload.content))
  if (!read.success) return { unreadable: 'it is no JSON with id, version, and steps with their checks' }
  const { id, version, steps } = read.data
  return {
    id,
    version,
    steps: steps.map((it) => ({ id: it.id, checks: it.checks.map((one) => one.id) })),
  }
}

function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}
