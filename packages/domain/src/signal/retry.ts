/**
 * When a delivery that failed is tried again.
 */

/** Waits after the first, second, … failure, in seconds: https://github.com/standard-webhooks/standard-webhooks (5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h). */
const WAITS_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const

/** A receiver that asks for more patience gets this much at most. */
const LONGEST_WAIT_MS = 86_400_000

/** How one attempt ended. */
export type Attempt =
  | { readonly kind: 'delivered' }
  /** Worth another try; `afterMs` is the receiver's wish. */
  | { readonly kind: 'failed'; readonly afterMs?: number }
  /** Never worth another try. */
  | { readonly kind: 'rejected' }
  /** The receiver is gone for good: nothing else will reach it either. */
  | { readonly kind: 'gone' }

/** What becomes of a delivery. */
export type Next =
  | { readonly state: 'delivered' }
  | { readonly state: 'waiting'; readonly at: Date }
  | { readonly state: 'dead' }

/** After `attempts` tries, this one included. */
export function nextOf(attempt: Attempt, attempts: number, now: Date): Next {
  if (attempt.kind === 'delivered') return { state: 'delivered' }
  // What is sent to a receiver that is gone waits until somebody makes the channel active again.
  if (attempt.kind === 'gone') return { state: 'waiting', at: now }
  const waitS = WAITS_S[attempts - 1]
  if (attempt.kind === 'rejected' || waitS === undefined) return { state: 'dead' }
  const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(waitS * 1_000, attempt.afterMs ?? 0))
  return { state: 'waiting', at: new Date(now.getTime() + waitMs) }
}

/** `Retry-After` in ms: seconds or an HTTP date (RFC 9110, 10.2.3); undefined where it says nothing usable. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
