/** What the system sees of a rollback by itself: the quick disable, the hooks, the recovery. */
import type { RollbackRun } from '@flagmarshal/api/rollback-run'
import { ROLLBACK_CHECKS } from '@flagmarshal/domain/procedure/rollback'
import type { CheckResult, Run } from '@flagmarshal/domain/procedure/run'
import { stepOf } from '@flagmarshal/domain/procedure/standing'

import type { Context } from '../context.ts'
import { evidenceHash, keepEvidence } from '../evidence/keep.ts'
import { recoveryOfKill } from '../flag/kill-recovery.ts'
import { readVerification } from '../flag/verification.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectHookRunsOf } from '../storage/hook-runs.ts'
import { selectRollout } from '../storage/rollouts.ts'
import { jsonObject } from './json-object.ts'
import type { Loaded } from './load.ts'
import { hookOutcome } from './rollback-hooks.ts'
import { triggerOf } from './rollback-trigger.ts'

export type QuickDisable = RollbackRun['quickDisable']

type Seen = Pick<CheckResult, 'check' | 'state' | 'findings' | 'facts'>

/** How far each quick disable has been confirmed by now, and whether it has helped. */
export async function quickDisableOf(queries: Queries, project: string, run: Run): Promise<QuickDisable> {
  const now = await databaseNow(queries)
  const { disabled } = triggerOf(run)
  return await Promise.all(
    disabled.map(async (it) => ({ ...it, ...(await standingOf(queries, project, it, now)) })),
  )
}

/** The results of a step's checks, kept as evidence. */
// oxlint-disable-next-line max-params -- the transaction, who asks, what of, and which step
export async function rollbackChecks(
  tx: Tx,
  context: Context,
  { feature, setting, run }: Loaded,
  step: number,
): Promise<readonly CheckResult[]> {
  const { checks } = stepOf(setting.definition, step)
  if (checks.length === 0) return []
  const disabled = await quickDisableOf(tx, feature.project, run)
  const hooks = await selectHookRunsOf(tx, run.id)
  const seen: readonly Seen[] = [
    confirmed(disabled),
    ...(['code', 'data', 'infrastructure'] as const).map((part) => {
      const { facts, ...outcome } = hookOutcome(part, hooks)
      return { ...outcome, facts: jsonObject(facts) }
    }),
    healthy(disabled),
  ]
  const wanted = seen.filter((it) => checks.some((one) => one.id === it.check))
  const kept = wanted.map((it) => ({
    result: it,
    evidence: {
      project: feature.project,
      run: run.id,
      step,
      kind: 'check' as const,
      content: { check: it.check, state: it.state, findings: it.findings, facts: it.facts },
    },
  }))
  await keepEvidence(
    tx,
    context,
    kept.map((it) => it.evidence),
  )
  return kept.map(({ result, evidence }) => ({
    ...result,
    at: context.now,
    evidence: evidenceHash(evidence, context),
  }))
}

function confirmed(disabled: QuickDisable): Seen {
  const open = disabled.filter((it) => it.state !== 'verified' && it.how !== 'off_already')
  const findings = open.map((it) => `${it.environment}: the ${it.how} is ${it.state}`)
  const state = open.length === 0 ? ('pass' as const) : ('fail' as const)
  return { check: ROLLBACK_CHECKS.confirmed, state, findings, facts: jsonObject({ disabled }) }
}

/** Where too little was measured it is unknown: a person then says what shows the health. */
function healthy(disabled: QuickDisable): Seen {
  const open = disabled.filter((it) => !RECOVERED.has(it.recovery))
  const failed = open.some((it) => it.recovery === 'failed' || it.recovery === 'rollback_failed')
  return {
    check: ROLLBACK_CHECKS.health,
    state: open.length === 0 ? 'pass' : failed ? 'fail' : 'unknown',
    findings: open.map((it) => `${it.environment}: ${it.said}`),
    facts: jsonObject({ disabled }),
  }
}

const RECOVERED: ReadonlySet<string> = new Set(['recovered', 'rolled_back', '–'])

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function standingOf(
  queries: Queries,
  project: string,
  { how, id }: { readonly how: string; readonly id: string | null },
  now: Date,
): Promise<Pick<QuickDisable[number], 'state' | 'recovery' | 'said'>> {
  if (how === 'off_already' || id === null) return { state: 'off', recovery: '–', said: 'it was off already' }
  if (how === 'kill') {
    const found = await readVerification(queries, id, now)
    const recovery = await recoveryOfKill(queries, id, now)
    return {
      state: found?.state ?? 'unknown',
      recovery: recovery?.state ?? 'not_measured',
      said: recovery?.said ?? 'a kill of an earlier version is not watched',
    }
  }
  const rollout = await selectRollout(queries, project, id)
  const { verification } = rollout ?? {}
  const found = verification === undefined ? undefined : await readVerification(queries, verification, now)
  const state = rollout?.rollout.state.kind ?? 'unknown'
  return {
    state: found?.state ?? 'unknown',
    recovery: state,
    said: `the rollout is ${state.replaceAll('_', ' ')}`,
  }
}
