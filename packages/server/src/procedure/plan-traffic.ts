/**
 * The traffic that a plan is tried on, and the A/A replay of the plan over it: what the telemetry has
 * counted, and what Prometheus remembers of the criteria that are counted there.
 *
 * A replay is a quarter of a second of arithmetic; it gives way to requests between its pieces.
 */
import { membersOf } from '@flagmarshal/domain/flag/reach'
import { sharesOf } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-power'
import type { PlanTraffic } from '@flagmarshal/domain/procedure/feature-flag-rollout/check-power'
import type { PlanOutput } from '@flagmarshal/domain/procedure/feature-flag-rollout/outputs'
import type { Finding } from '@flagmarshal/domain/rollout/finding'
import { historyOf, MINUTE_MS } from '@flagmarshal/domain/rollout/history'
import { lintPlan } from '@flagmarshal/domain/rollout/lint'
import { runReplay } from '@flagmarshal/domain/rollout/replay'
import { layOutReplay } from '@flagmarshal/domain/rollout/replay-jobs'
import { reportReplay } from '@flagmarshal/domain/rollout/replay-report'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'
import { measuredCriteria, triedHistory } from '@flagmarshal/domain/rollout/tried-history'

import { readPast } from '../analysis/past-criteria.ts'
import type { SourceParts } from '../analysis/sources.ts'
import { inPieces } from '../in-turns.ts'
import type { Queries } from '../storage/database.ts'
import { selectSegmentSummaries } from '../storage/segments.ts'
import { selectSlices } from '../storage/traffic-slices.ts'

/** A day to observe and a day to replay. */
const HISTORY_MS = 2 * 24 * 60 * MINUTE_MS

/** How long after its end a minute is complete: a report is written within a window of its receipt. */
const LAG_MS = MINUTE_MS

/** The step whose checks ask for it. */
export const PLAN_STEP = 3

/** A feature's flag, and where its metrics are counted. */
export interface PlanPlace {
  readonly project: string
  readonly flag: string
  readonly sources: SourceParts
}

/** Loads the history of the plan's environment and replays the plan over it; undefined where the plan is impossible. */
export async function loadPlanTraffic(
  queries: Queries,
  { project, flag, sources }: PlanPlace,
  { plan, audienceShares }: Pick<PlanOutput, 'plan'> & Partial<Pick<PlanOutput, 'audienceShares'>>,
  now: Date,
): Promise<PlanTraffic | undefined> {
  if (impossible(plan) !== undefined) return undefined
  const { environment } = plan
  const to = new Date(Math.floor((now.getTime() - LAG_MS) / MINUTE_MS) * MINUTE_MS)
  const minutes = await selectSlices(
    queries,
    { project, flag, environment, variant: plan.control },
    { from: new Date(to.getTime() - HISTORY_MS), to },
  )
  const history = historyOf(minutes, to)
  const past = await readPast(queries, sources, { project, plan, lengthMs: HISTORY_MS }, now)
  const trial = triedHistory(plan, history, past)
  const listed = await listedShares(queries, project, plan)
  const shares = sharesOf(audienceShares === undefined ? {} : { audienceShares }, { listed })
  const replay = layOutReplay(plan, trial, shares)
  return {
    history,
    listed,
    criteria: measuredCriteria(trial),
    replay: reportReplay(plan, replay, await inPieces(runReplay(replay))),
  }
}

/** What makes a plan impossible to try, whatever the world is like. */
export function impossible(plan: ServedPlan): Finding | undefined {
  return lintPlan(plan, {}).find(({ severity }) => severity === 'error')
}

/** Of segments that are nothing but a list the share is known; who has an attribute nobody tells us. */
async function listedShares(
  queries: Queries,
  project: string,
  { stages, environment, expectedKeys }: ServedPlan,
): Promise<Readonly<Record<string, number>>> {
  const segmented = stages.flatMap(({ audience }) => ('segment' in audience ? [audience] : []))
  if (segmented.length === 0) return {}
  const rows = await selectSegmentSummaries(queries, project)
  const sizes = new Map(rows.filter((it) => it.environment === environment).map((it) => [it.segment, it]))
  return Object.fromEntries(
    segmented.flatMap(({ id, segment }) => {
      const members = membersOf(segment, sizes)
      return members === undefined ? [] : [[id, Math.min(1, members / expectedKeys)] as const]
    }),
  )
}
