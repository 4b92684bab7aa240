import { isRefusal } from '@flagmarshal/domain/refusal'

/**
 * What a change of a flag does to the run of the feature behind it, in the transaction of the
 * change: the run notices, approvals are voided, the signals go out.
 */
import type { Context } from '../context.ts'
import type { FlagsChanged } from '../flag/ports.ts'
import type { Tx } from '../storage/database.ts'
import { hasFeature, selectFeatureOfFlag, selectLatestRun } from '../storage/procedures.ts'
import { loadFacts } from './facts.ts'
import { loadRunLocked } from './load.ts'
import { observe } from './observe.ts'
import { storeRun } from './store.ts'

/** A flag that has a feature behind it. */
export async function isHeard(tx: Tx, project: string, flag: string): Promise<boolean> {
  return await hasFeature(tx, project, flag)
}

/** Kills and member lists change no baseline: they are seen and found the same. */
export async function onFlagChanged(
  tx: Tx,
  context: Context,
  { project, flags }: FlagsChanged,
): Promise<void> {
  for (const flag of flags) await noticeChange(tx, context, project, flag)
}

async function noticeChange(tx: Tx, context: Context, project: string, flag: string): Promise<void> {
  const feature = await selectFeatureOfFlag(tx, project, flag)
  if (feature === undefined) return
  const latest = await selectLatestRun(tx, project, feature.key)
  if (latest === undefined) return
  const loaded = await loadRunLocked(tx, { project, run: latest.id })
  if (isRefusal(loaded)) return
  const { setting, run } = loaded
  const facts = await loadFacts(tx, feature, run, { now: context.now, members: false })
  const by = context.actor.kind === 'person' ? { by: context.actor.id } : {}
  const after = observe(setting, run, { facts, now: context.now, ...by })
  if (after === run) return
  await storeRun(tx, context, { setting, before: run, after }, { action: 'run.observe', after: { flag } })
}
