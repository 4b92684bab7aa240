/**
 * How often somebody may get it wrong: failures are counted per subject in a window of time. A
 * failure is booked before the attempt and given back when it succeeds, so that many attempts at
 * once gain nothing. Kept in memory: each server counts for itself.
 */

/** Counts failures. */
export interface AttemptLimit {
  /** Books an attempt; otherwise the seconds to wait. */
  take(subject: string, now: Date): { readonly retryAfterSeconds: number } | undefined
  /** It succeeded: forgets the failures of the subject. */
  forget(subject: string): void
  /** It was no failure of this subject: gives one attempt back. */
  giveBack(subject: string): void
}

/** Subjects that are remembered; beyond, the oldest are forgotten. */
const CAPACITY = 20_000

/** At most `limit` failures in `windowMs`. */
export function createAttemptLimit(limit: number, windowMs: number): AttemptLimit {
  const counts = new Map<string, { count: number; endsAt: number }>()

  return {
    take(subject, now) {
      const known = counts.get(subject)
      if (known === undefined || known.endsAt <= now.getTime()) {
        counts.delete(subject)
        counts.set(subject, { count: 1, endsAt: now.getTime() + windowMs })
        const oldest = counts.size > CAPACITY ? counts.keys().next().value : undefined
        if (oldest !== undefined) counts.delete(oldest)
        return undefined
      }
      if (known.count >= limit) {
        return { retryAfterSeconds: Math.max(1, Math.ceil((known.endsAt - now.getTime()) / 1000)) }
      }
      known.count++
      return undefined
    },
    forget: (subject) => void counts.delete(subject),
    giveBack(subject) {
      const known = counts.get(subject)
      if (known !== undefined && known.count > 0) known.count--
    },
  }
}

/** The limits that signing in, set-up and invitations share. */
export interface AttemptLimits {
  /** By the name that was given. */
  readonly account: AttemptLimit
  /** By the address that asks; wider, because an office may share one. */
  readonly address: AttemptLimit
}

const WINDOW_MS = 15 * 60_000

/** 10 failures an account and 100 an address, in 15 minutes. */
export function createAttemptLimits(): AttemptLimits {
  return { account: createAttemptLimit(10, WINDOW_MS), address: createAttemptLimit(100, WINDOW_MS) }
}

/** Links for lost passwords: 3 an account and 20 an address, in 15 minutes. Each one counts. */
export function createResetLimits(): AttemptLimits {
  return { account: createAttemptLimit(3, WINDOW_MS), address: createAttemptLimit(20, WINDOW_MS) }
}
