/** Reading a run: where it stands, what blocks it, who must act. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { refreshRun } from './change-run.ts'
import { loadFacts } from './facts.ts'
import { loadRun } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import { observe } from './observe.ts'
import { runView } from './run-view.ts'

/** One run. */
export async function showRun(context: Context, database: Database, key: RunKey): Promise<RunView | Refusal> {
  const loaded = await seenRun(context, database, key)
  return isRefusal(loaded) ? loaded : runView(loaded, context.now)
}

/**
 * A run that has taken notice of the world. Reading takes no lock; only where something has changed
 * unnoticed the run is stored, so that the signals go out.
 */
export async function seenRun(context: Context, database: Database, key: RunKey): Promise<Loaded | Refusal> {
  const loaded = await loadRun(database.kysely, key)
  if (isRefusal(loaded)) return loaded
  const { feature, setting, run } = loaded
  const facts = await loadFacts(database.kysely, feature, run, { now: context.now, members: false })
  return observe(setting, run, { facts, now: context.now }) === run
    ? loaded
    : await refreshRun(context, database, key)
}
