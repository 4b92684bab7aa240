/**
 * The approved hooks of a rollback: run exactly as step 5 was approved, in the environment of the plan.
 * One run in earnest for each part; another only once the one before has failed.
 */
import type { HookRun } from '@flagmarshal/api/hook'
import { ROLLBACK_CHECKS, ROLLBACK_STEPS } from '@flagmarshal/domain/procedure/rollback'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { HookPart } from '@flagmarshal/domain/rollback/hook'

import type { Context } from '../context.ts'
import { requestHookRun } from '../hook/request.ts'
import { hookRunView } from '../hook/view.ts'
import { notFound } from '../refusals.ts'
import type { Database, Tx } from '../storage/database.ts'
import { selectHookRunsOf } from '../storage/hook-runs.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'
import { loadRunLocked } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import { approvedHook, triggerOf } from './rollback-trigger.ts'

const PROCEDURE = 'rollback'

interface WantedHook {
  readonly part: HookPart
  readonly mode: 'dry-run' | 'run'
  /** Nobody asked for it: a kill or a rollback has not helped. */
  readonly byItself?: true
}

/** Asks for the hook of a part; the run that is there already where one is under way or has succeeded. */
export async function runRollbackHook(
  context: Context,
  database: Database,
  key: RunKey,
  wanted: WantedHook,
): Promise<HookRun | Refusal> {
  return await database.transaction(async (tx) => {
    const loaded = await loadRunLocked(tx, key)
    if (isRefusal(loaded) || loaded.run.procedure.id !== PROCEDURE) return notFound('rollback', key.run)
    const run = await requestRollbackHook(tx, context, loaded, wanted)
    return isRefusal(run) ? run : hookRunView(run)
  })
}

/** The same in a transaction that holds the rollback's run. */
export async function requestRollbackHook(
  tx: Tx,
  context: Context,
  { feature, run }: Loaded,
  { part, mode, byItself }: WantedHook,
): Promise<HookRunRow | Refusal> {
  const { procedures, disabled } = triggerOf(run)
  const approved = approvedHook(procedures?.content, part)
  if (approved === undefined) {
    return refuse(
      'no-approved-hook',
      `The approved procedures name no hook for ${part}.`,
      `Do it by hand, and say so: flagmarshal rollback step ${run.id} ${ROLLBACK_STEPS[part]} --done "…" --override "…"`,
    )
  }
  const runs = (await selectHookRunsOf(tx, run.id)).filter((it) => it.part === part && it.mode === mode)
  const last = runs.at(-1)
  const again = mode === 'dry-run' && last?.state === 'succeeded'
  // What begins by itself begins once: after a failure people decide.
  if (last !== undefined && ((last.state !== 'failed' && !again) || byItself === true)) return last
  return await requestHookRun(tx, context, {
    project: feature.project,
    hook: approved.hook,
    version: approved.version,
    mode,
    target: 'production',
    purpose: 'rollback',
    subject: run.id,
    dedupKey: `${run.id}/${part}/${mode}/${runs.length}`,
    parameters: {
      version: approved.goBackTo,
      feature: feature.key,
      flag: feature.flag,
      environment: disabled[0]?.environment ?? 'production',
    },
    ...(mode === 'run' && approved.watch !== undefined ? { watch: approved.watch } : {}),
  })
}

/** Whether the hook of a part has put it back: its newest run in earnest; unknown where there is none. */
export function hookOutcome(
  part: HookPart,
  rows: readonly HookRunRow[],
): {
  readonly check: string
  readonly state: 'pass' | 'fail' | 'unknown'
  readonly findings: readonly string[]
  readonly facts: Record<string, string | number>
} {
  const check = ROLLBACK_CHECKS[part]
  const row = rows.findLast((it) => it.part === part && it.mode === 'run')
  if (row === undefined) {
    return { check, state: 'unknown', findings: [`no hook has put the ${part} back`], facts: {} }
  }
  const facts = {
    hookRun: row.id,
    hook: row.hook,
    version: row.version,
    state: row.state,
    repeats: row.repeats,
  }
  if (row.state === 'succeeded' || row.state === 'watching')
    return { check, state: 'pass', findings: [], facts }
  const said = `the hook ${row.hook} is ${row.state.replaceAll('_', ' ')}${row.problem === null ? '' : `: ${row.problem}`}`
  return { check, state: row.state === 'failed' ? 'fail' : 'unknown', findings: [said], facts }
}
