/**
 * What speaks against going on, the gravest first: what rolls a rollout back, and what makes it wait.
 *
 * Harm is found in every state that exposes anybody, and nobody can set it aside. The causes of a
 * hold are read anew at each tick; which of them end by themselves is `advance`'s to say.
 */
import { failsInBothArms } from '../analysis/criteria.ts'
import { NO_EVIDENCE } from '../analysis/evidence.ts'
import type { Breach, Criterion, Guardrail } from '../analysis/model.ts'
import { isMismatch } from '../analysis/split.ts'
import type { Facts } from './advance.ts'
import type { HoldReason, RollbackCause, Rollout, RolloutPlan } from './model.ts'
import { isOverridden } from './override.ts'
import { guardrailsOf, measuredOf } from './position.ts'
import { failedCriteria, openIncident, reportedHarm } from './reports.ts'
import { missedCheckpoint } from './review.ts'
import { lagMs } from './schedule.ts'

/** Blindness below which nothing is concluded, where windows are short. */
const LEAST_BLIND_MS = 10_000

/** What a decision is made from. */
export interface Situation {
  readonly plan: RolloutPlan
  readonly rollout: Rollout
  readonly facts: Facts
  readonly now: Date
}

/** Why the engine must wait. */
export interface Cause {
  readonly reason: HoldReason
  /** Whether a person must be called now. */
  readonly page: boolean
  readonly because?: string
}

/** Harm, and blindness where the plan says that it is as bad; a paused rollout is rolled back for harm only. */
export function rollbackCause({ plan, rollout, facts, now }: Situation): RollbackCause | undefined {
  const guardrails = guardrailsOf(plan)
  const harm = harmOf(plan, rollout, facts)
  if (harm !== undefined) return harm
  if (rollout.state.kind === 'paused') return undefined
  for (const guardrail of guardrails) {
    const blind = blindMs(plan, rollout, guardrail, now)
    if (guardrail.noData === 'roll-back' && blind > guardrail.blindBudgetMs) {
      return { kind: 'blind', criterion: guardrail.id, blindMs: blind }
    }
  }
  return undefined
}

/** What is measured, and what people report. Nobody can set it aside. */
export function harmOf(plan: RolloutPlan, rollout: Rollout, facts: Facts): RollbackCause | undefined {
  for (const guardrail of guardrailsOf(plan)) {
    const breach = breachOf(rollout, guardrail)
    if (breach !== undefined && guardrail.onFail === 'roll-back') return { kind: 'harm', breach }
  }
  const reported = reportedHarm(plan, rollout, facts.reports ?? [])
  return reported && { kind: 'report', ...reported }
}

/** Why the engine must wait now; the first of several. */
export function holdCause({ plan, rollout, facts, now }: Situation): Cause | undefined {
  const guardrails = guardrailsOf(plan).filter((it) => !isOverridden(rollout, it.id, now))
  const breached = guardrails.filter((guardrail) => breachOf(rollout, guardrail) !== undefined)
  if (breached.length > 0) return { reason: 'breach', page: breached.some(({ onFail }) => onFail === 'page') }
  const both = guardrails.some((guardrail) =>
    failsInBothArms(guardrail, rollout.evidence[guardrail.id] ?? NO_EVIDENCE),
  )
  if (both) return { reason: 'both-arms', page: true }
  if (facts.flagEditedOutside !== undefined) return { reason: 'conflict', page: false }
  const measured = measuredOf(plan).filter((it) => !isOverridden(rollout, it.id, now))
  const blind = measured.some((criterion) => blindMs(plan, rollout, criterion, now) > criterion.blindBudgetMs)
  if (blind) return { reason: 'blind', page: true }
  if (isMismatch(rollout.split)) return { reason: 'sample-ratio', page: true }
  const watched = measured.filter(({ id }) => rollout.evidence[id]?.watched !== undefined)
  if (watched.length > 0) return { reason: 'watch', page: watched.some(({ onFail }) => onFail === 'page') }
  return reportedCause({ plan, rollout, facts, now })
}

/** What people say: an incident freezes, a criterion that fails holds; and a checkpoint that nobody came to. */
function reportedCause({ plan, rollout, facts, now }: Situation): Cause | undefined {
  const reports = facts.reports ?? []
  const incident = openIncident(reports)
  if (incident !== undefined) return { reason: 'incident', page: false, because: incident.id }
  const failed = failedCriteria(plan, rollout, reports).filter((it) => !isOverridden(rollout, it.id, now))
  if (failed.length > 0) {
    const page = failed.some((it) => it.onFail === 'page')
    return { reason: 'reports', page, because: failed.map((it) => it.id).join(', ') }
  }
  return missedCheckpoint(plan, rollout, now) ? { reason: 'review', page: true } : undefined
}

/** How long a criterion has been without a known window: unknown ones, and those that should have been folded by now. */
export function blindMs(
  plan: RolloutPlan,
  rollout: Rollout,
  criterion: Pick<Criterion, 'id'>,
  now: Date,
): number {
  const watermark = rollout.watermark?.getTime() ?? now.getTime()
  const overdue = Math.floor((now.getTime() - lagMs(plan) - watermark) / plan.windowMs)
  const windows = (rollout.evidence[criterion.id]?.blindWindows ?? 0) + Math.max(0, overdue)
  return windows * plan.windowMs
}

/** Whether a criterion that nobody has set aside is without data now. */
export function isBlind({ plan, rollout, now }: Situation): boolean {
  return measuredOf(plan).some(
    (criterion) =>
      !isOverridden(rollout, criterion.id, now) &&
      blindMs(plan, rollout, criterion, now) > blindLimitMs(plan),
  )
}

/** Blindness up to which a criterion still counts as measured. */
export function blindLimitMs(plan: RolloutPlan): number {
  return Math.max(2 * plan.windowMs, LEAST_BLIND_MS)
}

/** The breach of a guardrail, if there was one. */
export function breachOf(rollout: Rollout, guardrail: Guardrail): Breach | undefined {
  return rollout.evidence[guardrail.id]?.breach
}
