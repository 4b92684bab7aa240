/**
 * What time alone changes of runs, looked at every minute: a run that has waited too long is blocked,
 * and its people are told (P-EX5); between approval and rollout the last checks run again every hour
 * (P-V3), and at the time of a scheduled start; what the engine rolls back gets its rollback procedure (P-X4). Two servers may both look: each telling has one key, so it goes out once.
 */
import { exitOf } from '@flagmarshal/domain/procedure/exit-state'
import { lastStep, recordOf } from '@flagmarshal/domain/procedure/standing'
import { isRefusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'

import type { Clock } from '../clock.ts'
import { system } from '../context.ts'
import type { Context, Log } from '../context.ts'
import { newId } from '../id.ts'
import type { Database, Stop } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import { selectRunsUnderWay } from '../storage/procedures.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import type { Loaded, RunKey } from './load.ts'
import { runChecks } from './run-checks.ts'
import type { CheckParts } from './run-checks.ts'
import { seenRun } from './show-run.ts'
import { followRollout } from './start-rollback.ts'

const EVERY_MS = 60_000
const CHECK_EVERY_MS = 3_600_000
/** A start is near: it is looked at each time, so that what the tick of the start reads is no older than one look. */
const NEAR_MS = 2 * EVERY_MS

interface Parts extends CheckParts {
  readonly clock: Clock
  readonly log: Log
  /** Looks at what was set up in monitoring systems, where something was. */
  readonly look: (context: Context, key: RunKey) => Promise<unknown>
}

/** Starts; the first look is at once. */
export function startWatch(parts: Parts): Stop {
  const stopping = new AbortController()
  const running = keepWatching(parts, stopping.signal)
  return async () => {
    stopping.abort()
    await running
  }
}

async function keepWatching({ clock, log, ...parts }: Parts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const context = { actor: system('procedure'), requestId: newId('watch'), now: clock.now(), log }
    try {
      for (const key of await selectRunsUnderWay(parts.database.kysely)) {
        if (signal.aborted) return
        await watchRun(context, parts, key)
      }
    } catch (error) {
      log.warn({ err: error }, 'the runs could not be looked at')
    }
    await clock.sleep(EVERY_MS, signal)
  }
}

async function watchRun(
  context: Context,
  { look, ...parts }: CheckParts & Pick<Parts, 'look'>,
  key: RunKey,
): Promise<void> {
  const { database } = parts
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return
  await tellBlocked(context, database, loaded)
  await followRollout(context, { database }, { project: key.project, feature: loaded.feature.key })
  const { feature, setting, run } = loaded
  const approved = run.state.kind === 'approved' || run.state.kind === 'completed'
  const [rollout] = await selectRollouts(database.kysely, key.project, { feature: feature.key, limit: 1 })
  if (!approved || (rollout !== undefined && rollout.rollout.state.kind !== 'scheduled')) return
  const { number: step } = lastStep(setting.definition)
  const last = Math.max(0, ...recordOf(run, step).checks.map((it) => it.at.getTime()))
  const startAt = rollout?.rollout.startAt.getTime() ?? Infinity
  const everyMs = startAt - context.now.getTime() < NEAR_MS ? 0 : CHECK_EVERY_MS
  if (context.now.getTime() - last < everyMs) return
  await look(context, key)
  // A refusal says that somebody acts on the run at this moment; the next look comes soon.
  await runChecks(context, parts, { ...key, step })
}

async function tellBlocked(
  context: Context,
  database: Database,
  { feature, setting, run }: Loaded,
): Promise<void> {
  const exit = exitOf(setting, run, context.now)
  if (exit?.state !== 'blocked') return
  const since = exit.since.toISOString()
  const { reason, requiredAction, status } = exit
  await database.transaction((tx) =>
    emit(tx, context, {
      type: SIGNAL_TYPES.blocked,
      project: feature.project,
      subject: `features/${feature.key}`,
      data: {
        project: feature.project,
        feature: feature.key,
        run: run.id,
        since,
        reason,
        requiredAction,
        status,
        notify: exit.notify,
        correlationId: run.correlationId ?? null,
      },
      dedupKey: `${run.id}/blocked/${since}`,
      tell: { names: exit.notify, contacts: setting.policy.contacts },
    }),
  )
}
