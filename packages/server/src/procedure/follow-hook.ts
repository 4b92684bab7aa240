/**
 * What the end of a hook's run means for the rollback that it belongs to: what was put back and does
 * not stay so opens that step again (P-S5-8), and somebody is paged.
 */
import { ROLLBACK_STEPS } from '@flagmarshal/domain/procedure/rollback'
import { presentAttempt, recordOf } from '@flagmarshal/domain/procedure/standing'
import { transition } from '@flagmarshal/domain/procedure/transition'
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import type { HookRunRow } from '../storage/hook-runs.ts'
import { emit } from '../storage/outbox.ts'
import { loadRunLocked } from './load.ts'
import { storeRun } from './store.ts'

/** Called in the transaction in which a run of a hook ended or waits for a person. */
export async function onHookEnded(tx: Tx, context: Context, row: HookRunRow): Promise<void> {
  if (row.purpose !== 'rollback' || row.subject === null || row.state !== 'failed' || row.mode !== 'run')
    return
  const loaded = await loadRunLocked(tx, { project: row.project, run: row.subject })
  if (isRefusal(loaded)) return
  const { setting, run, feature } = loaded
  const step = ROLLBACK_STEPS[row.part]
  if (presentAttempt(recordOf(run, step)).outcome !== 'go') return
  const why = `the hook ${row.hook}: ${row.problem ?? 'it failed'}`
  const after = transition(setting, run, { kind: 'disproved', step, why }, context.now)
  if (isRefusal(after)) throw new Error(`a rollback could not be opened again: ${after.message}`)
  const act = { action: 'rollback.reopen', after: { step, hookRun: row.id, why } }
  await storeRun(tx, context, { setting, before: run, after }, act)
  await emit(tx, context, {
    type: 'dev.flagmarshal.rollback.reopened',
    project: row.project,
    subject: `features/${feature.key}`,
    data: {
      rollback: run.id,
      run: run.id,
      feature: feature.key,
      step,
      hook: row.hook,
      hookRun: row.id,
      text: why,
      page: true,
    },
    dedupKey: `${run.id}/reopened/${row.id}`,
  })
}
