/**
 * The built-in evaluator of alert rules (P-S4-3): the same rules as in Prometheus, on what the
 * built-in telemetry has counted. A pure function: the server feeds it real counts, and in a drill
 * synthetic ones.
 */
import type { AlertRule } from './rule.ts'

/** Requests, and the bad ones among them. */
export interface Sample {
  readonly n: number
  readonly x: number
}

export interface AlertVerdict {
  /** `no_data`: too few requests to say anything; it neither fires nor resolves. */
  readonly state: 'firing' | 'quiet' | 'no_data'
  /** Of the shortest window. */
  readonly requests: number
  readonly share: number
  readonly threshold: number
}

/** Below this many requests in a window a share says nothing. */
export const LEAST_REQUESTS = 20

/** What a rule says of the counts in each of its windows, in the rule's order. */
export function evaluateAlert(
  { threshold }: Pick<AlertRule, 'threshold'>,
  windows: readonly (readonly Sample[])[],
): AlertVerdict {
  const seen = windows.map(shareOf)
  const { requests, share } = seen[0] ?? { requests: 0, share: 0 }
  const numbers = { requests, share, threshold }
  if (seen.length === 0 || seen.some((it) => it.requests < LEAST_REQUESTS))
    return { state: 'no_data', ...numbers }
  return { state: seen.every((it) => it.share > threshold) ? 'firing' : 'quiet', ...numbers }
}

function shareOf(samples: readonly Sample[]): { readonly requests: number; readonly share: number } {
  const requests = samples.reduce((sum, it) => sum + it.n, 0)
  const bad = samples.reduce((sum, it) => sum + it.x, 0)
  return { requests, share: requests === 0 ? 0 : bad / requests }
}
