/**
 * Alert rules as expressions of Prometheus. A criterion's two queries answer by arm; `$window` in
 * them is filled in once for each window of a rule.
 */
import { LEAST_REQUESTS } from './evaluate.ts'
import type { AlertRule } from './rule.ts'

/** The counts of a criterion by arm, `$window` being the time to look back. */
export interface ArmQueries {
  readonly total: string
  /** What is bad of them, or what is good. */
  readonly side: string
  readonly good: boolean
}

/** Which rule the synthetic breach of a drill is for. */
export interface DrillPlace {
  readonly project: string
  readonly environment: string
  readonly flag: string
}

/** The gauge that a drill raises, on the server's own metrics: no application's series is touched. */
export const DRILL_SERIES = 'flagmarshal_drill_share'

/** A duration as PromQL writes it, in the largest unit that is exact. */
export function promDuration(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, size] = units.find(([, one]) => ms >= one && ms % one === 0) ?? ['ms', 1]
  return `${Math.round(ms / size)}${unit}`
}

/** A query with its window filled in. */
export function within(query: string, windowMs: number): string {
  return query.replaceAll(/\$\{window\}|\$window\b/g, promDuration(windowMs))
}

/** A text between quotes. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** Share of bad ones among the requests of each arm. */
export function shareOf({ side, total, good }: ArmQueries, windowMs: number): string {
  const share = `(${within(side, windowMs)}) / ((${within(total, windowMs)}) > 0)`
  return good ? `1 - (${share})` : share
}

/** Only one arm of an expression that answers by arm. */
export function onlyArm(expression: string, arm: 'exposed' | 'control' | 'outside'): string {
  return `(${expression}) and on (arm) label_replace(vector(1), "arm", ${quoted(arm)}, "", "")`
}

/** Whoever is not exposed: the control, and before there is one everybody. */
export function notExposed(expression: string): string {
  return `(${onlyArm(expression, 'control')})\nor on () (${onlyArm(expression, 'outside')})`
}

/** When the rule fires: for what is really counted, or for the breach of a drill under its labels. */
export function expressionOf(rule: AlertRule, queries: ArmQueries, place: DrillPlace): string {
  const [shortest] = rule.windowsMs
  if (shortest === undefined) throw new RangeError(`rule ${rule.id} has no window`)
  const enough = `(${within(queries.total, shortest)}) >= ${LEAST_REQUESTS}`
  const above = rule.windowsMs.map((it) => `(${shareOf(queries, it)}) > ${rule.threshold}`)
  const real = onlyArm([...above, enough].join('\nand '), 'exposed')
  const { project, environment, flag } = place
  const labels = Object.entries({ project, environment, flag, rule: rule.id })
  const selector = labels.map(([name, value]) => `${name}=${quoted(value)}`).join(',')
  const drilled = `max by (drill, nonce) (${DRILL_SERIES}{${selector}}) > ${rule.threshold}`
  return `${real}\nor ${drilled}`
}
