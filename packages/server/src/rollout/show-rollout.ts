/** Reading rollouts: one with everything that is known of it, all of a project in short, the decisions. */
import type { RollbackReport } from '@flagmarshal/api/rollback-report'
import type { Rollout as RolloutView, RolloutDecision, RolloutSummary } from '@flagmarshal/api/rollout'
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { RolloutState } from '@flagmarshal/domain/rollout/model'

import { readFlagConfig } from '../flag/serve-rollout-rule.ts'
import { notFound } from '../refusals.ts'
import { reportsSeen } from '../report/seen.ts'
import { rollbackOf } from '../rollback/facts.ts'
import { reportOf } from '../rollback/report.ts'
import type { Database, Queries } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectLatestMeasurements } from '../storage/measurements.ts'
import { selectProject } from '../storage/projects.ts'
import { selectDecisions, selectLastDecision } from '../storage/rollout-decisions.ts'
import type { StoredDecision } from '../storage/rollout-decisions.ts'
import { countInstances } from '../storage/rollout-surroundings.ts'
import { selectRollout, selectRollouts } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { selectKeyCounts } from '../storage/telemetry.ts'
import { foundText, sentenceOf } from './decision-sentence.ts'
import type { Recorded } from './record.ts'
import { rolloutView, summaryView } from './view.ts'
import type { Seen } from './view.ts'
import { placeText, whereOf } from './where.ts'

/** Windows that the share of exposed requests is taken from. */
const SHARE_WINDOWS = 10

/** Attempts that a list holds at most. */
const LIST_LIMIT = 200

/** Decisions that one answer holds at most. */
const LARGEST_PAGE = 1_000

/** One attempt. */
export async function showRollout(
  { kysely }: Database,
  project: string,
  id: string,
): Promise<RolloutView | Refusal> {
  const stored = await selectRollout(kysely, project, id)
  return stored === undefined
    ? notFound('rollout', id)
    : await showStored(kysely, stored, await databaseNow(kysely))
}

/** The refusal where there is no such attempt. */
export async function missingRollout(
  { kysely }: Database,
  project: string,
  id: string,
): Promise<Refusal | undefined> {
  return (await selectRollout(kysely, project, id)) === undefined ? notFound('rollout', id) : undefined
}

/** An attempt that was just read or written. */
export async function showStored(queries: Queries, stored: StoredRollout, now: Date): Promise<RolloutView> {
  const rollback = await rollbackOf(queries, stored, now)
  return rolloutView(stored, {
    ...(await seenOf(queries, stored, now)),
    instances: await countInstances(queries, stored.project, stored.environment),
    ...(rollback && { rollback }),
  })
}

async function seenOf(queries: Queries, stored: StoredRollout, now: Date): Promise<Seen> {
  const { project, environment, flag } = stored
  const config = await readFlagConfig(queries, { project, environment, flag })
  return {
    now,
    flagOn: config?.enabled ?? false,
    windows: await selectLatestMeasurements(queries, stored.id, { limit: SHARE_WINDOWS }),
    reports: await reportsSeen(queries, stored, stored.rollout.exposedAt),
    keys: await selectKeyCounts(queries, stored.id, stored.rollout.attempt),
    last: recordedOf(await selectLastDecision(queries, stored.id)),
  }
}

/** The attempts of a project, newest first. */
export async function listRollouts(
  { kysely }: Database,
  project: string,
  filter: { readonly feature?: string | undefined; readonly flag?: string | undefined },
): Promise<RolloutSummary[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const rows = await selectRollouts(kysely, project, { ...filter, limit: LIST_LIMIT })
  const now = await databaseNow(kysely)
  return await Promise.all(rows.map(async (stored) => summaryView(stored, await seenOf(kysely, stored, now))))
}

/** The decisions of an attempt in order, each with its sentence. */
export async function listDecisions(
  { kysely }: Database,
  project: string,
  id: string,
  page: { readonly after?: number | undefined; readonly limit?: number | undefined },
): Promise<RolloutDecision[] | Refusal> {
  const stored = await selectRollout(kysely, project, id)
  if (stored === undefined) return notFound('rollout', id)
  const limit = Math.min(page.limit ?? 200, LARGEST_PAGE)
  const rows = await selectDecisions(kysely, id, { after: page.after ?? 0, limit })
  return rows.map((row) => decisionView(stored, row))
}

/** The report of a rollback. */
export async function showReport(
  { kysely }: Database,
  project: string,
  id: string,
): Promise<RollbackReport | Refusal> {
  const stored = await selectRollout(kysely, project, id)
  if (stored === undefined) return notFound('rollout', id)
  const rollback = await rollbackOf(kysely, stored, await databaseNow(kysely))
  const { state } = stored.rollout
  if (rollback === undefined || !('cause' in state)) return notFound('rollback of rollout', id)
  const last = recordedOf(await selectLastDecision(kysely, id))
  return await reportOf(kysely, stored, rollback, {
    cause: state.cause,
    result: state.kind,
    position: whereOf(stored.plan, stored.rollout) ?? null,
    foundText,
    ...(last?.kind === 'verified' ? { found: last.found } : {}),
  })
}

/** A decision as it is shown. */
export function decisionView(stored: StoredRollout, row: StoredDecision): RolloutDecision {
  const { plan } = stored
  const recorded = recordedOf(row)
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    kind: row.kind,
    by: row.by,
    from: stateText(stored, row.from),
    to: stateText(stored, row.to),
    sentence: recorded === undefined ? '' : sentenceOf(plan, recorded),
    numbers: row.numbers,
  }
}

/** `running (stage 2/3 half, 50 % of everybody)`. */
function stateText({ plan, rollout }: StoredRollout, state: RolloutState): string {
  const where = whereOf(plan, { ...rollout, state })
  if (where === undefined || state.kind === 'observing') return state.kind
  return `${state.kind} (${placeText(where, plan)})`
}

/** What this server has written itself. */
export function recordedOf(row: StoredDecision | undefined): Recorded | undefined {
  return row === undefined ? undefined : (row.numbers as Recorded)
}
