/**
 * How many evaluations over HTTP an SDK key may ask for: a bucket for each key that fills again with
 * time, so that a page that asks in a loop slows itself down and nobody else. Kept in memory: each
 * server counts for itself.
 */
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

/** Refused for now; the edge answers 429 with `retryAfterSeconds` in Retry-After. */
export interface TooMany extends Refusal {
  readonly retryAfterSeconds: number
}

export interface EvaluationLimit {
  /** Takes one request; refused when the key has none left. */
  take(key: string, now: Date): TooMany | undefined
}

/** Keys that are remembered; beyond, the one that was asked for first is forgotten, and starts full. */
const CAPACITY = 10_000

/** A bucket holds this many seconds' worth: clients begin with a burst. */
const BURST_S = 2

/** At most `perSecond` on average; 0 is no limit. */
export function createEvaluationLimit(perSecond: number): EvaluationLimit {
  const buckets = new Map<string, { left: number; at: number }>()
  const full = perSecond * BURST_S

  return {
    take(key, now) {
      if (perSecond === 0) return undefined
      const at = now.getTime()
      const bucket = buckets.get(key) ?? { left: full, at }
      // A clock that was put back adds nothing.
      const passed = Math.max(0, at - bucket.at) / 1_000
      const left = Math.min(full, bucket.left + passed * perSecond)
      remember(key, { left: left < 1 ? left : left - 1, at })
      return left < 1 ? tooMany(Math.max(1, Math.ceil((1 - left) / perSecond))) : undefined
    },
  }

  function remember(key: string, bucket: { left: number; at: number }): void {
    buckets.set(key, bucket)
    const oldest = buckets.size > CAPACITY ? buckets.keys().next().value : undefined
    if (oldest !== undefined) buckets.delete(oldest)
  }
}

function tooMany(retryAfterSeconds: number): TooMany {
  return {
    ...refuse(
      'too-many-evaluations',
      'This key asks for more evaluations than it may.',
      `Wait ${retryAfterSeconds} s. Evaluate many flags with one request, or raise FLAGMARSHAL_EVALUATIONS_PER_SECOND.`,
    ),
    retryAfterSeconds,
  }
}
