/**
 * Whether a rollback has worked: everybody has confirmed it, nobody is exposed any more, and the
 * share of bad requests has come down again.
 *
 * The first two must be shown. Of the third too little may be known, when hardly anybody comes by;
 * then it says so after some windows. What is not shown in time has failed, and says what it was.
 */
import type { ArmCounts } from '../analysis/model.ts'
import { TIMED_OUT_AFTER_MS, type Verification } from './verify.ts'

/** Requests below which a share says nothing. */
const ENOUGH_REQUESTS = 20

/** Windows without exposure after which too little traffic to judge the recovery is accepted. */
const PATIENT_WINDOWS = 10

/** From a moment to the end of the first window that began after it, and until that one is closed. */
const WINDOWS_TO_CLOSE = 4

/** A closed window that began after the rollback. The exposed arm is now served the control variant. */
export interface AfterWindow {
  readonly end: Date
  /** Requests that were still served the treatment. */
  readonly treated: number
  readonly exposed: ArmCounts
  readonly control: ArmCounts
}

/** What is known of a rollback. */
export interface RollbackFacts {
  readonly at: Date
  readonly windowMs: number
  readonly verification: Pick<Verification, 'state' | 'total' | 'confirmed' | 'pending' | 'lost'>
  /** Oldest first. */
  readonly windows: readonly AfterWindow[]
  /** The exposed arm's counts that spoke against it; absent where a person rolled back. */
  readonly before?: ArmCounts
  /** The highest acceptable share. */
  readonly ceiling?: number
}

/** Whether the treatment is still served anywhere. */
export interface ExposureLeft {
  readonly gone: boolean
  /** From the rollback to the end of the first window without any. */
  readonly afterMs?: number
}

/** The bad share of the arm that was exposed. */
export interface Recovery {
  readonly before: number | null
  readonly after: number | null
  /** Null while there is too little to say, or nothing to recover from. */
  readonly recovered: boolean | null
}

export type RollbackOutcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'verified' }
  | { readonly kind: 'failed'; readonly failure: string }

/**
 * When it must have been shown: what instances are given to confirm, and then the windows that may
 * have to be waited for. With a window of a minute none has closed before the fourth minute.
 */
export function rollbackDeadline({ at, windowMs }: Pick<RollbackFacts, 'at' | 'windowMs'>): Date {
  return new Date(at.getTime() + TIMED_OUT_AFTER_MS + (PATIENT_WINDOWS + WINDOWS_TO_CLOSE) * windowMs)
}

/** The exposure as the closed windows show it; without a closed window nothing is shown. */
export function exposureLeft({ at, windows }: RollbackFacts): ExposureLeft {
  const last = windows.findLastIndex(({ treated }) => treated > 0)
  const first = windows[last + 1]
  return first === undefined ? { gone: false } : { gone: true, afterMs: first.end.getTime() - at.getTime() }
}

/** Recovered: at or below the ceiling, or no more than twice the control's share, or half of what it was. */
export function recoveryOf({ windows, before, ceiling }: RollbackFacts): Recovery {
  const exposed = sum(windows.map((window) => window.exposed))
  const control = sum(windows.map((window) => window.control))
  const after = shareOf(exposed)
  const known = before === undefined ? null : shareOf(before)
  if (known === null || after === null || exposed.n < ENOUGH_REQUESTS) {
    return { before: known, after, recovered: null }
  }
  const asControl = control.n >= ENOUGH_REQUESTS && exposed.x * control.n <= 2 * control.x * exposed.n
  const recovered = after <= (ceiling ?? 0) || asControl || 2 * after <= known
  return { before: known, after, recovered }
}

/** What all of it amounts to at `now`. */
export function rollbackOutcome(facts: RollbackFacts, now: Date): RollbackOutcome {
  const { state } = facts.verification
  const { gone } = exposureLeft(facts)
  const { before, recovered } = recoveryOf(facts)
  const confirmed = state === 'verified' || state === 'verified_except'
  const unexposed = facts.windows.length - 1 - facts.windows.findLastIndex(({ treated }) => treated > 0)
  const enough = recovered === true || before === null || (recovered === null && unexposed >= PATIENT_WINDOWS)
  if (confirmed && gone && enough) return { kind: 'verified' }
  return now < rollbackDeadline(facts) ? { kind: 'pending' } : { kind: 'failed', failure: failureOf(facts) }
}

function failureOf(facts: RollbackFacts): string {
  const { state, pending, total } = facts.verification
  if (state !== 'verified' && state !== 'verified_except') {
    return `${pending} of ${total} instances have not confirmed it`
  }
  if (facts.windows.length === 0) return 'no window has closed since, so nothing shows that exposure is gone'
  if (!exposureLeft(facts).gone) return 'requests are still served the treatment'
  return 'the bad share has not come down'
}

function shareOf({ n, x }: ArmCounts): number | null {
  return n === 0 ? null : x / n
}

function sum(counts: readonly ArmCounts[]): ArmCounts {
  return counts.reduce((total, { n, x }) => ({ n: total.n + n, x: total.x + x }), { n: 0, x: 0 })
}
