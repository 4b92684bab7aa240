/** Ending a run, with the cause and what was learned (P-EX6). */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { AbortRun } from '@flagmarshal/api/procedure-write'
import { exposureOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/exposure'
import { transition } from '@flagmarshal/domain/procedure/transition'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { operateRollout } from '../rollout/operate-rollout.ts'
import type { RolloutParts } from '../rollout/ports.ts'
import type { Queries } from '../storage/database.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import { changeRun } from './change-run.ts'
import type { Present, Wish } from './change-run.ts'
import { loadFacts } from './facts.ts'
import { actorOf, loadRun } from './load.ts'
import type { RunKey } from './load.ts'
import { runView } from './run-view.ts'
import { stageOf } from './stage.ts'

/** Aborts. Refused while anybody is exposed; a rollout that has not begun is cancelled. */
export async function abortRun(
  context: Context,
  { database, rolloutPorts }: RolloutParts,
  key: RunKey,
  { cause, detail, lessons }: AbortRun,
): Promise<RunView | Refusal> {
  if (cause === 'other' && detail === undefined) {
    return refuse('invalid', 'Another cause needs a text.', 'Say what the cause is.', '/detail')
  }
  const text = detail === undefined ? cause : `${cause}: ${detail}`
  const wish = async ({ feature, facts }: Present, queries: Queries): Promise<Wish> => {
    const stage = await stageOf(queries, feature.project, feature.key)
    const rollout = stage?.alive === true && stage.state !== 'scheduled' ? stage.state : undefined
    const found = exposureOf(facts, rollout)
    return {
      action: 'run.abort',
      after: { cause: text, lessons, rollbackRequired: false, ...found },
      reason: text,
      event: { kind: 'aborted', cause: text, lessons, ...found, by: actorOf(context.actor) },
    }
  }
  const cancelled = await cancelScheduled(context, { database, rolloutPorts }, { key, wish, text })
  if (isRefusal(cancelled)) return cancelled
  const changed = await changeRun(context, database, key, wish)
  return isRefusal(changed) ? changed : runView(changed)
}

/**
 * Ends a rollout that has not begun, before the run and only where the run may be aborted: it is
 * locked before anything that a run locks.
 */
async function cancelScheduled(
  context: Context,
  parts: RolloutParts,
  wanted: {
    readonly key: RunKey
    readonly wish: (present: Present, queries: Queries) => Promise<Wish>
    readonly text: string
  },
): Promise<Refusal | undefined> {
  const { kysely } = parts.database
  const loaded = await loadRun(kysely, wanted.key)
  if (isRefusal(loaded)) return loaded
  const { feature, setting, run } = loaded
  const [latest] = await selectRollouts(kysely, feature.project, { feature: feature.key, limit: 1 })
  if (latest?.rollout.state.kind !== 'scheduled') return undefined
  const facts = await loadFacts(kysely, feature, run, { now: context.now, members: false })
  const { event } = await wanted.wish({ ...loaded, facts }, kysely)
  const tried = transition(setting, run, event, context.now)
  if (isRefusal(tried)) return tried
  const reason = `the run was aborted: ${wanted.text}`
  const done = await operateRollout(context, parts, {
    project: feature.project,
    rollout: latest.id,
    act: 'abort',
    reason,
  })
  return isRefusal(done) ? done : undefined
}
