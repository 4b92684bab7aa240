/** Runs of hooks as the API shows them. */
import type { HookRun } from '@flagmarshal/api/hook'
import { planHash } from '@flagmarshal/domain/rollback/hook-run'

import { sha256 } from '../id.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'

/** A run. */
export function hookRunView(row: HookRunRow): HookRun {
  const plan = row.phases.find((it) => it.phase === 'plan')?.result
  const hash = planHash(row.phases, sha256)
  const { everyMs, forMs, count, looks } = row.watch
  return {
    id: row.id,
    project: row.project,
    hook: row.hook,
    version: row.version,
    part: row.part,
    mode: row.mode,
    target: row.target,
    purpose: row.purpose,
    subject: row.subject,
    goesBackTo: row.parameters.version,
    state: row.state,
    phases: structuredClone(row.phases) as HookRun['phases'],
    begun: row.begun === null ? null : { ...row.begun },
    repeats: row.repeats,
    plan: plan === undefined || hash === undefined ? null : { hash, ...plan },
    confirmed: row.confirmed === null ? null : { ...row.confirmed },
    watch:
      forMs === 0
        ? null
        : {
            everyMs,
            forMs,
            until: row.watch_until?.toISOString() ?? null,
            count,
            looks: structuredClone(looks) as HookRun['phases'],
          },
    problem: row.problem,
    startedBy: row.started_by,
    startedAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  }
}
