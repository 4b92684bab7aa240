/** The windows of a rollout as charts show them, and the decisions of a project. */
import type { ProjectDecision, RolloutSeries, SeriesPoint } from '@flagmarshal/api/rollout-live'
import type { ArmCounts, Measurement } from '@flagmarshal/domain/analysis/model'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { evidenceNeeded } from '@flagmarshal/domain/rollout/evidence-line'
import { measuredOf } from '@flagmarshal/domain/rollout/position'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectLatestMeasurements } from '../storage/measurements.ts'
import type { FoldedWindow } from '../storage/measurements.ts'
import { selectProject } from '../storage/projects.ts'
import { selectDecisions, selectProjectDecisions } from '../storage/rollout-decisions.ts'
import type { DecisionCursor } from '../storage/rollout-decisions.ts'
import { selectRollout } from '../storage/rollouts.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { decisionView } from './show-rollout.ts'

/** Windows of a series: unless somebody asks for more, and at most. */
const USUAL_WINDOWS = 120
const MOST_WINDOWS = 2_000

/** Decisions of a page: unless somebody asks for more, and at most. */
const USUAL_DECISIONS = 50
const MOST_DECISIONS = 200

/** Decisions that one attempt is looked through for annotations. */
const ANNOTATIONS = 1_000

/** The latest windows, with what they are measured against and what was decided meanwhile. */
export async function showSeries(
  { kysely }: Database,
  project: string,
  id: string,
  windows = USUAL_WINDOWS,
): Promise<RolloutSeries | Refusal> {
  const stored = await selectRollout(kysely, project, id)
  if (stored === undefined) return notFound('rollout', id)
  const limit = Math.min(Math.max(1, windows), MOST_WINDOWS)
  const points = (await selectLatestMeasurements(kysely, id, { limit })).map(seriesPoint)
  const decided = await selectDecisions(kysely, id, { after: 0, limit: ANNOTATIONS })
  const from = points[0]?.end ?? stored.createdAt.toISOString()
  return {
    windowMs: stored.plan.windowMs,
    needed: evidenceNeeded(stored.plan),
    criteria: measuredOf(stored.plan).map(({ id: criterion, role, ceiling, hardFloor }) => ({
      criterion,
      role,
      ceiling: ceiling ?? null,
      hardFloor,
    })),
    points,
    annotations: decided
      .filter(({ at }) => at.toISOString() >= from)
      .map((row) => {
        const { at, seq, kind, sentence } = decisionView(stored, row)
        return { at, seq, kind, sentence }
      }),
  }
}

/** One folded window: each criterion over all audiences, and where its evidence stood then. */
export function seriesPoint({
  end,
  measurements,
  evidence,
}: Pick<FoldedWindow, 'end' | 'measurements' | 'evidence'>): SeriesPoint {
  const logE = new Map(evidence.map(({ criterion, ...lines }) => [criterion, lines]))
  const criteria = measurements.map((it) => ({
    ...criterionPoint(it),
    logE: logE.get(it.criterion) ?? null,
  }))
  return { end: end.toISOString(), criteria }
}

/** Decisions of all rollouts of a project, newest first. */
export async function listProjectDecisions(
  { kysely }: Database,
  project: string,
  query: {
    readonly feature?: string | undefined
    readonly flag?: string | undefined
    readonly environment?: string | undefined
    readonly kind?: string | undefined
    readonly cursor?: string | undefined
    readonly limit?: number | undefined
  },
): Promise<{ items: ProjectDecision[]; next: string | null } | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const { cursor, limit = USUAL_DECISIONS, ...filter } = query
  const after = cursor === undefined ? undefined : parseCursor(cursor)
  if (cursor !== undefined && after === undefined) {
    return refuse(
      'cursor-unknown',
      'This is no cursor of ours.',
      'Take `next` of the page before.',
      '#/query/cursor',
    )
  }
  const most = Math.min(Math.max(1, limit), MOST_DECISIONS)
  const rows = await selectProjectDecisions(kysely, project, { ...filter, after, limit: most + 1 })
  const known = new Map<string, StoredRollout>()
  const items: ProjectDecision[] = []
  for (const row of rows.slice(0, most)) {
    const stored = known.get(row.rollout) ?? (await selectRollout(kysely, project, row.rollout))
    if (stored === undefined) continue
    known.set(row.rollout, stored)
    const { feature, environment, rollout } = stored
    items.push({
      rollout: row.rollout,
      feature,
      environment,
      attempt: rollout.attempt,
      ...decisionView(stored, row),
    })
  }
  const last = rows.length > most ? rows[most - 1] : undefined
  return { items, next: last === undefined ? null : `${last.at.toISOString()}~${last.rollout}~${last.seq}` }
}

function parseCursor(text: string): DecisionCursor | undefined {
  const [at = '', rollout = '', seq = ''] = text.split('~')
  const time = new Date(at)
  if (Number.isNaN(time.getTime()) || rollout === '' || !/^\d{1,9}$/.test(seq)) return undefined
  return { at: time, rollout, seq: Number(seq) }
}

function criterionPoint(it: Measurement): Omit<SeriesPoint['criteria'][number], 'logE'> {
  const { criterion, kind } = it
  if (it.kind !== 'ok') return { criterion, kind, exposed: null, control: null }
  const sum = (arm: 'exposed' | 'control'): ArmCounts => ({
    n: it.audiences.reduce((all, each) => all + each[arm].n, 0),
    x: it.audiences.reduce((all, each) => all + each[arm].x, 0),
  })
  return { criterion, kind, exposed: sum('exposed'), control: sum('control') }
}
