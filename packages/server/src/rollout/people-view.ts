/** What people have done inside a rollout, and what they are asked for, as it is shown. */
import type { Rollout as RolloutView } from '@flagmarshal/api/rollout'
import { allVerdicts } from '@flagmarshal/domain/rollout/advance'
import { isWatched } from '@flagmarshal/domain/rollout/after-completion'
import { openIncident } from '@flagmarshal/domain/rollout/reports'
import type { ReportSeen } from '@flagmarshal/domain/rollout/reports'
import { nextReview } from '@flagmarshal/domain/rollout/review'
import { evidenceText, isApproved } from '@flagmarshal/domain/rollout/stage-approval'

import { sha256 } from '../id.ts'
import type { StoredRollout } from '../storage/rollouts.ts'

type PeopleView = Pick<
  RolloutView,
  'planVersion' | 'approval' | 'overrides' | 'review' | 'incident' | 'watchedUntil'
>

/** All of it; `reports` are those that matter to the rollout. */
export function peopleView(stored: StoredRollout, reports: readonly ReportSeen[], now: Date): PeopleView {
  const incident = openIncident(reports)
  return {
    planVersion: stored.planVersion,
    approval: approvalView(stored, reports, now),
    overrides: (stored.rollout.overrides ?? []).filter((it) => now < new Date(it.until)),
    review: reviewView(stored, now),
    incident:
      incident === undefined
        ? null
        : { report: incident.id, severity: incident.severity, at: incident.at.toISOString() },
    watchedUntil: watchedUntil(stored),
  }
}

/** The hash of what the evidence says: what people name when they approve. */
export function evidenceHash(
  { plan, rollout }: StoredRollout,
  reports: readonly ReportSeen[],
  now: Date,
): string {
  return sha256(evidenceText(rollout, allVerdicts(plan, rollout, { reports }, now)))
}

function approvalView(
  stored: StoredRollout,
  reports: readonly ReportSeen[],
  now: Date,
): PeopleView['approval'] {
  const { plan, rollout } = stored
  const { state, approval } = rollout
  if (state.kind !== 'held' || state.reason !== 'approval') return null
  const holds = isApproved(rollout, allVerdicts(plan, rollout, { reports }, now))
  return {
    evidence: evidenceHash(stored, reports, now),
    given: approval === undefined ? null : { by: approval.by, at: approval.at, holds },
  }
}

function reviewView({ plan, rollout }: StoredRollout, now: Date): PeopleView['review'] {
  const next = rollout.watermark === undefined ? undefined : nextReview(plan, rollout)
  if (next === undefined || plan.reviews === undefined) return null
  const { review, dueAt, missedAt } = next
  return {
    review,
    dueAt: dueAt.toISOString(),
    missedAt: missedAt.toISOString(),
    due: dueAt <= now,
    role: plan.reviews.role,
    people: [...(plan.reviews.people ?? [])],
  }
}

/** Time passes in windows, so this moves while none is folded. */
function watchedUntil({ plan, rollout }: StoredRollout): string | null {
  const { state, watermark } = rollout
  if (state.kind !== 'completed' || watermark === undefined || !isWatched(plan, rollout)) return null
  const left = (plan.watchMs ?? 0) - (state.progress?.windows ?? 0) * plan.windowMs
  return new Date(watermark.getTime() + left).toISOString()
}
