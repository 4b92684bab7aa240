/**
 * The report of a rollback: which test spoke and with which numbers, what the engine had seen, who
 * was exposed, who confirmed, what recovered. Made from the recorded decisions and windows, so it
 * says the same for as long as they are kept.
 */
import type { RollbackReport } from '@flagmarshal/api/rollback-report'
import { classify } from '@flagmarshal/domain/analysis/evidence'
import type { AudienceCounts, CriterionEvidence, Measurement } from '@flagmarshal/domain/analysis/model'
import type { RollbackCause } from '@flagmarshal/domain/rollout/model'
import { decisionSentence } from '@flagmarshal/domain/rollout/sentence'

import type { Queries } from '../storage/database.ts'
import { selectLatestMeasurements } from '../storage/measurements.ts'
import type { MeasuredWindow } from '../storage/measurements.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { selectKeyCounts } from '../storage/telemetry.ts'
import { breachOf, criterionOf, foundOf } from './facts.ts'
import type { Rollback, RollbackFound } from './facts.ts'
import { foundView } from './view.ts'

/** Windows before the decision that the report shows. */
const SHOWN_WINDOWS = 30

/** What the caller knows of the words around it. */
export interface ReportFacts {
  readonly cause: RollbackCause
  /** What the verification found when it ended; absent while it runs. */
  readonly found?: RollbackFound
  readonly position: RollbackReport['position']
  readonly result: RollbackReport['result']
  /** What was found, in words. */
  readonly foundText: (found: RollbackFound) => string
}

/** The report as it stands. */
export async function reportOf(
  queries: Queries,
  stored: StoredRollout,
  rollback: Rollback,
  facts: ReportFacts,
): Promise<RollbackReport> {
  const { cause, position, result } = facts
  const { at } = rollback.facts
  const found = facts.found ?? foundOf(rollback)
  const windows = await selectLatestMeasurements(queries, stored.id, { until: at, limit: SHOWN_WINDOWS })
  const keys = await selectKeyCounts(queries, stored.id, stored.rollout.attempt)
  const sentence = decisionSentence(stored.plan, { kind: 'roll-back', cause })
  const { before, after, recovered } = found.recovery
  const criterion = criterionOf(stored, breachOf(stored))
  return {
    rollout: stored.id,
    attempt: stored.rollout.attempt,
    flag: stored.flag,
    environment: stored.environment,
    result,
    summary: `${stored.flag} in ${stored.environment}, ${sentence}. ${facts.foundText(found)}.`,
    cause: { kind: cause.kind, sentence, numbers: cause },
    decidedAt: at.toISOString(),
    endedAt: stored.endedAt?.toISOString() ?? null,
    position,
    exposed: {
      distinctKeys: keys.length === 0 ? null : (keys.find(({ arm }) => arm === 'exposed')?.keys ?? 0),
      ...exposedSum(stored.rollout.evidence[criterion.id]),
      fromAt: stored.rollout.exposedAt?.toISOString() ?? null,
    },
    verification: foundView(found, rollback.facts),
    recovery: { before, after, recovered },
    windows: windows.flatMap(windowViews),
  }
}

/** Exposed requests of the attempt and the bad ones among them. */
function exposedSum(evidence: CriterionEvidence | undefined): { requests: number; bad: number } {
  const audiences = Object.values(evidence?.audiences ?? {})
  return {
    requests: audiences.reduce((sum, { exposed }) => sum + exposed.n, 0),
    bad: audiences.reduce((sum, { exposed }) => sum + exposed.x, 0),
  }
}

function windowViews({ end, measurements }: MeasuredWindow): RollbackReport['windows'] {
  return measurements.map((measurement) => ({
    end: end.toISOString(),
    criterion: measurement.criterion,
    kind: classify(measurement).kind,
    exposed: armSum(measurement, 'exposed'),
    control: armSum(measurement, 'control'),
  }))
}

/** An arm's counts over all audiences; null where the window is unknown. */
function armSum(measurement: Measurement, arm: 'exposed' | 'control'): AudienceCounts['exposed'] | null {
  if (measurement.kind !== 'ok') return null
  return measurement.audiences.reduce((sum, each) => ({ n: sum.n + each[arm].n, x: sum.x + each[arm].x }), {
    n: 0,
    x: 0,
  })
}
