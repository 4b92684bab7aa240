/**
 * The counts of a criterion as expressions: of the application's own series where the plan names
 * them, else of what this server exports of the built-in telemetry.
 */
import type { ArmQueries, DrillPlace } from './promql.ts'
import { quoted } from './promql.ts'

/** Where a criterion is counted. */
type Source =
  | { readonly kind: 'telemetry'; readonly counts: 'bad' | 'slow' }
  | {
      readonly kind: 'prometheus'
      readonly total: string
      readonly bad?: string | undefined
      readonly good?: string | undefined
    }

/** Requests by arm that this server exports. Other names than those of an application's own exporter: nothing is counted twice. */
export const EXPORTED = {
  total: 'flagmarshal_rollout_requests_total',
  bad: 'flagmarshal_rollout_requests_bad_total',
  slow: 'flagmarshal_rollout_requests_slow_total',
} as const

/** By arm, all audiences together. */
export function queriesOf({ source }: { readonly source: Source }, place: DrillPlace): ArmQueries {
  if (source.kind === 'telemetry') {
    const { project, environment, flag } = place
    const selector = Object.entries({ project, environment, flag })
      .map(([name, value]) => `${name}=${quoted(value)}`)
      .join(',')
    return {
      total: byArm(`${EXPORTED.total}{${selector}}`),
      side: byArm(`${EXPORTED[source.counts]}{${selector}}`),
      good: false,
    }
  }
  const { total, bad, good } = source
  const all = byArm(total)
  // Whoever has no bad request at all may have no series of them either; none is not unknown.
  return bad === undefined
    ? { total: all, side: byArm(good ?? total), good: true }
    : { total: all, side: `${byArm(bad)} or 0 * ${all}`, good: false }
}

/** A selector is counted over the window; an expression says itself how it counts. */
function byArm(query: string): string {
  return /\$window\b/.test(query) ? `sum by (arm) (${query})` : `sum by (arm) (increase(${query}[$window]))`
}
