import { exitOf } from '@flagmarshal/domain/procedure/exit-state'
/**
 * Storing what became of a run: state, audit and signals in one transaction.
 */
import type { Run, Setting } from '@flagmarshal/domain/procedure/run'
import { signalsBetween } from '@flagmarshal/domain/procedure/signals'
import { revoked, SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'
import type { Signal } from '@flagmarshal/domain/signal/signal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { toJson } from '../storage/column.ts'
import type { Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import type { NewSignal } from '../storage/outbox.ts'
import { updateRun } from '../storage/procedures.ts'
import { recordsDue } from './records-due.ts'

/** What somebody did, for the audit chain. */
export interface Act {
  /** `run.decide`. */
  readonly action: string
  /** What was there before, of the part that was changed. */
  readonly before?: unknown
  readonly after?: unknown
  readonly reason?: string
}

/** A run before and after. */
export interface Passage {
  readonly setting: Setting
  readonly before: Run
  readonly after: Run
}

/** Stores the run as its next revision, records the act, emits its signals. */
export async function storeRun(tx: Tx, context: Context, passage: Passage, act: Act): Promise<Run> {
  const { setting, before } = passage
  const run: Run = { ...passage.after, revision: before.revision + 1 }
  await updateRun(tx, run.id, {
    state: run.state.kind,
    revision: run.revision,
    updated_at: context.now,
    run: toJson(run),
  })
  await recordsDue(tx, context, { project: setting.project, before, after: run })
  for (const [place, signal] of signalsBetween(setting, before, run).entries()) {
    await emit(tx, context, {
      ...signal,
      ...tellingOf(setting, run, signal),
      project: setting.project,
      dedupKey: `${run.id}/${signal.type}/${run.revision}/${place}`,
    })
  }
  const blocked = exitOf(setting, before, context.now)
  if (blocked?.state === 'blocked' && exitOf(setting, run, context.now)?.state !== 'blocked') {
    await emit(tx, context, {
      type: revoked(SIGNAL_TYPES.blocked),
      project: setting.project,
      subject: `features/${setting.feature}`,
      data: { project: setting.project, feature: setting.feature, run: run.id, notify: blocked.notify },
      dedupKey: `${run.id}/unblocked/${run.revision}`,
    })
  }
  await record(tx, context, {
    chain: { project: setting.project },
    action: act.action,
    subject: { kind: 'run', id: run.id },
    before: { state: before.state, ...(act.before === undefined ? {} : { content: act.before }) },
    after: {
      state: run.state,
      revision: run.revision,
      ...(act.after === undefined ? {} : { content: act.after }),
    },
    run: run.id,
    ...(act.reason === undefined ? {} : { reason: act.reason }),
  })
  return run
}

/** An exit is told to everybody by name, an abort also to everybody who has heard of the run (P-EX4). */
function tellingOf({ policy }: Setting, run: Run, { type, data }: Signal): Pick<NewSignal, 'tell' | 'heard'> {
  const { notify } = data
  if (type !== SIGNAL_TYPES.completed && type !== SIGNAL_TYPES.aborted) return {}
  const names = Array.isArray(notify) ? notify.filter((it) => typeof it === 'string') : []
  const tell = { names, contacts: policy.contacts }
  return type === SIGNAL_TYPES.aborted ? { tell, heard: run.id } : { tell }
}
