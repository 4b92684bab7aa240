/**
 * The traffic that a plan is tried on, and the A/A replay of the plan over it.
 *
 * A replay is a quarter of a second of arithmetic; it gives way to requests between its pieces.
 */
import { setImmediate as otherWork } from 'node:timers/promises'

import type { PlanTraffic } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-power'
import type { Finding } from '@flagmarshal/domain/rollout/finding'
import { historyOf } from '@flagmarshal/domain/rollout/history'
import type { TrafficHistory } from '@flagmarshal/domain/rollout/history'
import { lintPlan } from '@flagmarshal/domain/rollout/lint'
import { layOutReplay, reportReplay, runReplay } from '@flagmarshal/domain/rollout/replay'
import type { ReplayOutcome, ReplayReport } from '@flagmarshal/domain/rollout/replay'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import type { Queries } from '../storage/database.ts'
import { selectSlices } from '../storage/traffic-slices.ts'

const MINUTE_MS = 60_000

/** A day to observe and a day to replay. */
const HISTORY_MS = 2 * 24 * 60 * MINUTE_MS

/** How long after its end a minute is complete: a report is written within a window of its receipt. */
const LAG_MS = MINUTE_MS

/** The step whose checks ask for it. */
export const PLAN_STEP = 3

/** Loads the history of the plan's environment and replays the plan over it; undefined where the plan is impossible. */
export async function loadPlanTraffic(
  queries: Queries,
  place: { readonly project: string; readonly flag: string },
  plan: ServedPlan,
  now: Date,
): Promise<PlanTraffic | undefined> {
  if (impossible(plan) !== undefined) return undefined
  const to = new Date(Math.floor((now.getTime() - LAG_MS) / MINUTE_MS) * MINUTE_MS)
  const minutes = await selectSlices(
    queries,
    { ...place, environment: plan.environment, variant: plan.control },
    { from: new Date(to.getTime() - HISTORY_MS), to },
  )
  const history = historyOf(minutes, to)
  return { history, replay: await replay(plan, history) }
}

/** What makes a plan impossible to try, whatever the world is like. */
export function impossible(plan: ServedPlan): Finding | undefined {
  return lintPlan(plan, {}).find(({ severity }) => severity === 'error')
}

async function replay(plan: ServedPlan, history: TrafficHistory): Promise<ReplayReport> {
  const laidOut = layOutReplay(plan, history)
  const outcomes: ReplayOutcome[] = []
  for (const job of laidOut?.jobs ?? []) {
    if (laidOut !== undefined) outcomes.push(runReplay(laidOut, job))
    await otherWork()
  }
  return reportReplay(plan, laidOut, outcomes)
}
