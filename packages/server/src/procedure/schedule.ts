/**
 * Recording when the rollout starts: the run is then completed (P-S7-10). With a start the rollout is
 * there at once, in state `scheduled`; a later start moves it.
 */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { ScheduleRun } from '@flagmarshal/api/procedure-write'
import { whyGlassOpen } from '@flagmarshal/domain/procedure/broken-glass'
import { isInside } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-plan'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { operateRollout } from '../rollout/operate-rollout.ts'
import type { RolloutParts } from '../rollout/ports.ts'
import { startRollout } from '../rollout/start-rollout.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { selectRollouts } from '../storage/rollouts.ts'
import { blackoutsOf } from './blackouts.ts'
import { changeRun } from './change-run.ts'
import type { Present, Wish } from './change-run.ts'
import { actorOf } from './load.ts'
import type { RunKey } from './load.ts'
import { checkedAct, checkStep, keepChecked } from './run-checks.ts'
import type { Checked, CheckParts } from './run-checks.ts'
import { runView } from './run-view.ts'
import { stageOf } from './stage.ts'

/**
 * Records the start, and has the rollout wait for it. The checks of the last step run again: the
 * ticket must carry the plan (P-S7-9).
 */
export async function scheduleRun(
  context: Context,
  parts: RolloutParts & CheckParts,
  key: RunKey,
  { start }: ScheduleRun,
): Promise<RunView | Refusal> {
  const { database } = parts
  const changed = await checkedAct(
    () => checkStep(context, parts, key, 'last'),
    (checked) =>
      changeRun(context, database, key, (present, tx) => wishFor(context, tx, present, { checked, start })),
  )
  if (isRefusal(changed)) return changed
  if (start !== undefined) {
    const approved = changed.run.state.kind === 'completed'
    const waiting = await haveRolloutWait(context, parts, { ...key, approved })
    if (isRefusal(waiting)) return waiting
  }
  return runView(changed)
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
async function wishFor(
  context: Context,
  tx: Tx,
  present: Present,
  { checked, start: given }: { readonly checked: Checked; readonly start: string | undefined },
): Promise<Wish | Refusal> {
  const { feature, facts, run, brokenGlass } = present
  const open = whyGlassOpen(brokenGlass)
  if (open !== undefined) return open
  const changed = await keepChecked(tx, context, present, checked)
  if (changed !== undefined) return changed
  const begun = run.schedule === undefined ? undefined : await stageOf(tx, feature.project, feature.key)
  if (begun !== undefined && begun.state !== 'scheduled' && begun.state !== 'aborted') {
    return refuse('rollout-begun', `The rollout is ${begun.state}.`, 'Pause, abort or roll it back instead.')
  }
  const start = given === undefined ? undefined : new Date(given)
  const blackouts = blackoutsOf(facts)
  return {
    action: 'run.schedule',
    before: run.schedule,
    after: { start: given ?? null },
    event: {
      kind: 'scheduled',
      inside: isInside(facts, start),
      blackouts,
      checks: checked.results,
      by: actorOf(context.actor),
      ...(start === undefined ? {} : { start }),
    },
  }
}

/** Takes a rollout back that waits for an earlier start, and makes the one that waits for the present one. */
async function haveRolloutWait(
  context: Context,
  parts: RolloutParts,
  { project, run, approved }: RunKey & { readonly approved: boolean },
): Promise<Refusal | undefined> {
  const waiting = await waitingRollout(parts.database.kysely, project, run)
  if (waiting !== undefined) {
    const wanted = { project, rollout: waiting, act: 'abort' as const, reason: 'the start was moved' }
    const moved = await operateRollout(context, parts, wanted)
    if (isRefusal(moved)) return moved
  }
  if (!approved) return undefined
  const started = await startRollout(context, parts, project, run)
  return isRefusal(started) ? started : undefined
}

async function waitingRollout(queries: Queries, project: string, run: string): Promise<string | undefined> {
  const rollouts = await selectRollouts(queries, project, { limit: 50 })
  return rollouts.find((it) => it.run === run && it.rollout.state.kind === 'scheduled')?.id
}
