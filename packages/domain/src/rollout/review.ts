/**
 * Reviews while a rollout runs (P-X5): when somebody is asked, reminded, and what a missed one does.
 *
 * A checkpoint that is missed by more than the grace holds the rollout. A review of the frequency
 * reminds then, and escalates after the same time again. One answer covers whatever was due before it.
 */
import type { ReviewAsked, ReviewKind, ReviewRecord, Reviews, Rollout, RolloutPlan } from './model.ts'

const DAY_MS = 24 * 3_600_000

/** What must be said about a review. */
export interface ReviewStep {
  readonly review: ReviewKind
  readonly step: 'ask' | 'remind' | 'escalate'
  /** RFC 3339. */
  readonly dueAt: string
}

/** A review that is due and not answered. */
export interface DueReview {
  readonly review: ReviewKind
  readonly dueAt: Date
  /** After this it is missed. */
  readonly missedAt: Date
}

const KINDS = ['checkpoint', 'frequency'] as const satisfies readonly ReviewKind[]

/** The reviews that are due; a rollout that has not begun has none. */
export function dueReviews(plan: RolloutPlan, rollout: Rollout, now: Date): readonly DueReview[] {
  const { reviews } = plan
  if (reviews === undefined || rollout.watermark === undefined) return []
  const since = sinceOf(rollout)
  const grace = graceOf(reviews)
  return KINDS.flatMap((review) => {
    const dueAt = review === 'checkpoint' ? nextCheckpoint(reviews, since) : nextTurn(reviews, since)
    if (dueAt === undefined || dueAt > now) return []
    return [{ review, dueAt, missedAt: new Date(dueAt.getTime() + grace) }]
  })
}

/** The next review, due or not; undefined where none comes. */
export function nextReview(plan: RolloutPlan, rollout: Rollout): DueReview | undefined {
  const { reviews } = plan
  if (reviews === undefined) return undefined
  const since = sinceOf(rollout)
  const grace = graceOf(reviews)
  const found = KINDS.flatMap((review) => {
    const dueAt = review === 'checkpoint' ? nextCheckpoint(reviews, since) : nextTurn(reviews, since)
    return dueAt === undefined ? [] : [{ review, dueAt, missedAt: new Date(dueAt.getTime() + grace) }]
  })
  return found.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())[0]
}

/** Whether a checkpoint has been missed by more than its grace. */
export function missedCheckpoint(plan: RolloutPlan, rollout: Rollout, now: Date): boolean {
  return dueReviews(plan, rollout, now).some((it) => it.review === 'checkpoint' && now > it.missedAt)
}

/** What must be said now and has not been said yet. */
export function reviewStep(plan: RolloutPlan, rollout: Rollout, now: Date): ReviewStep | undefined {
  for (const { review, dueAt, missedAt } of dueReviews(plan, rollout, now)) {
    const at = dueAt.toISOString()
    const asked = rollout.review?.asked?.[review]
    const told = asked?.dueAt === at ? asked.told : undefined
    if (told === undefined) return { review, step: 'ask', dueAt: at }
    if (review === 'checkpoint') continue
    const lateMs = now.getTime() - missedAt.getTime()
    if (told === 'asked' && lateMs > 0) return { review, step: 'remind', dueAt: at }
    const grace = missedAt.getTime() - dueAt.getTime()
    if (told === 'reminded' && lateMs > grace) return { review, step: 'escalate', dueAt: at }
  }
  return undefined
}

/** The record once the step has been taken. */
export function toldOf(record: ReviewRecord | undefined, { review, step, dueAt }: ReviewStep): ReviewRecord {
  return { ...record, asked: { ...record?.asked, [review]: { dueAt, told: TOLD[step] } } }
}

/** The record once somebody has answered. */
export function confirmed(now: Date): ReviewRecord {
  return { confirmedAt: now.toISOString() }
}

const TOLD = { ask: 'asked', remind: 'reminded', escalate: 'escalated' } as const satisfies Record<
  ReviewStep['step'],
  ReviewAsked['told']
>

function sinceOf({ review, startAt }: Rollout): Date {
  return review?.confirmedAt === undefined ? startAt : new Date(review.confirmedAt)
}

function nextCheckpoint({ checkpoints }: Reviews, since: Date): Date | undefined {
  return checkpoints
    .map((it) => new Date(it))
    .filter((it) => it > since)
    .toSorted((a, b) => a.getTime() - b.getTime())[0]
}

function nextTurn({ everyMs }: Reviews, since: Date): Date | undefined {
  return everyMs === undefined ? undefined : new Date(since.getTime() + everyMs)
}

function graceOf({ graceMs, everyMs }: Reviews): number {
  return graceMs ?? everyMs ?? DAY_MS
}
