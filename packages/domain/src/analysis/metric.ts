/**
 * Metrics that people look at beside the criteria (P-S4-1, P-S4-11): six kinds, and the forms that
 * each of them can have. Those of an arm are compared; resources are of a service, since both arms
 * share them, and have a limit of their own.
 */
import type { UnknownKind } from './model.ts'

/** What a metric is about. */
export const METRIC_KINDS = [
  'usage',
  'errors',
  'response-time',
  'engagement',
  'business',
  'resources',
] as const
export type MetricKind = (typeof METRIC_KINDS)[number]

/** How it is counted; every query but that of a level is a selector of counters. */
export type MetricForm =
  /** How often something happened. */
  | { readonly form: 'count'; readonly total: string }
  /** Of how many something is bad, or good. */
  | { readonly form: 'share'; readonly total: string; readonly bad?: string; readonly good?: string }
  /** Buckets of a histogram, by `le`: median and 99th percentile, for people. */
  | { readonly form: 'duration'; readonly buckets: string }
  /** Number, sum and sum of squares of a value: its mean, and how sure that is. */
  | { readonly form: 'mean'; readonly count: string; readonly sum: string; readonly squares: string }
  /** Any PromQL: one value for each series, none of which may be above the limit. */
  | { readonly form: 'level'; readonly query: string; readonly limit: number }

/** The forms that make sense for a kind. */
export const FORMS_OF: Readonly<Record<MetricKind, readonly MetricForm['form'][]>> = {
  usage: ['count'],
  errors: ['share', 'count'],
  'response-time': ['duration', 'share', 'mean'],
  engagement: ['share', 'count', 'mean'],
  business: ['mean', 'share', 'count'],
  resources: ['level'],
}

/** What a metric said in one window. */
export type MetricReading =
  | { readonly kind: 'ok'; readonly rows: readonly MetricRow[] }
  | { readonly kind: UnknownKind; readonly detail: string }

/** Of one arm, or one series of a service; what its form does not know is absent. */
export interface MetricRow {
  readonly labels: Readonly<Record<string, string>>
  readonly n?: number
  readonly x?: number
  readonly share?: number
  readonly sum?: number
  readonly squares?: number
  readonly mean?: number
  readonly standardError?: number
  /** Seconds. */
  readonly p50?: number
  readonly p99?: number
  readonly value?: number
  /** Whether the value is not above the limit. */
  readonly within?: boolean
}

/** What came of asking for a criterion or a metric before it is needed. */
export interface MetricTrial {
  /** Id of the criterion, or name of the metric. */
  readonly of: string
  readonly kind: 'ok' | UnknownKind
  readonly detail: string
  /** How long after its end a window of its source is complete. */
  readonly lagMs?: number
}

/** Mean, and its standard error, of n values with this sum and sum of squares; none of no values. */
export function meanOf(n: number, sum: number, squares: number): Pick<MetricRow, 'mean' | 'standardError'> {
  if (n <= 0) return {}
  const mean = sum / n
  if (n < 2) return { mean }
  // Rounding can leave a variance of nothing a little below 0.
  const variance = Math.max(0, squares - n * mean * mean) / (n - 1)
  return { mean, standardError: Math.sqrt(variance / n) }
}

/**
 * A quantile of cumulative buckets (`le` and the count up to it), by the rule of PromQL's
 * `histogram_quantile`: linear inside a bucket, the last bound where it lies above all of them.
 * Undefined without counts, or without a bucket that has no bound.
 */
export function quantileOf(
  q: number,
  buckets: readonly { readonly le: number; readonly count: number }[],
): number | undefined {
  const sorted = buckets.toSorted((a, b) => a.le - b.le)
  const all = sorted.at(-1)
  if (all === undefined || all.le !== Infinity || all.count <= 0) return undefined
  const rank = q * all.count
  const index = sorted.findIndex(({ count }) => count >= rank)
  const [bucket, below] = [sorted[index], sorted[index - 1]]
  if (bucket === undefined) return undefined
  if (bucket.le === Infinity) return below?.le
  const [from, before] = below === undefined ? [0, 0] : [below.le, below.count]
  return from + (bucket.le - from) * ((rank - before) / (bucket.count - before))
}
