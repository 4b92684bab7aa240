/** How an edge stands, for supervisors, for Prometheus, and in a header of each answer. */
import { Gauge } from 'prom-client'

import type { Metrics } from '../metrics.ts'
import type { Readiness } from '../readiness.ts'
import type { LinkHealth, Upstream } from './link.ts'
import type { Place } from './place.ts'
import { EDGE_HEADER } from './reach.ts'

interface PlaceHealth extends LinkHealth {
  readonly reportsWaiting: number
  readonly bytesWaiting: number
  readonly reportsTurnedAway: number
}

export interface EdgeHealth {
  readonly name: string
  /** Every environment can be served. Old is not the same as not ready. */
  readonly ok: boolean
  /** The worst of its links. */
  readonly upstream: Upstream
  /** Of what is oldest; absent where nothing is served yet. */
  readonly ageMs?: number
  readonly environments: readonly PlaceHealth[]
}

const WORST_FIRST = ['refused', 'lost', 'connecting', 'connected'] as const satisfies readonly Upstream[]

/** How it stands now. */
export function healthOf(name: string, places: readonly Place[]): EdgeHealth {
  const environments = places.map(({ link, relay }) => {
    const { reports: reportsWaiting, bytes: bytesWaiting, turnedAway: reportsTurnedAway } = relay.count()
    return { ...link.health(), reportsWaiting, bytesWaiting, reportsTurnedAway }
  })
  const ages = environments.flatMap(({ ageMs }) => ageMs ?? [])
  return {
    name,
    ok: places.every(({ link }) => link.state() !== undefined && link.keys() !== undefined),
    upstream: WORST_FIRST.find((it) => environments.some(({ upstream }) => upstream === it)) ?? 'connecting',
    ...(ages.length === 0 ? {} : { ageMs: Math.max(...ages) }),
    environments,
  }
}

/** `"eu-1";upstream=lost;age=12`: a structured field (RFC 8941); the age is in seconds. */
export function edgeHeader({ name, upstream, ageMs }: EdgeHealth): Readonly<Record<string, string>> {
  const quoted = `"${name.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
  const age = ageMs === undefined ? '' : `;age=${Math.max(0, Math.floor(ageMs / 1_000))}`
  return { [EDGE_HEADER]: `${quoted};upstream=${upstream}${age}` }
}

/** Adds the probe and the metrics. */
export function registerHealth(
  { readiness, metrics: { registry } }: { readonly readiness: Readiness; readonly metrics: Metrics },
  health: () => EdgeHealth,
): void {
  readiness.register('edge', () => ({ ...health() }))
  const gauge = (name: string, help: string, of: (it: PlaceHealth) => number | undefined) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['project', 'environment'],
        registers: [],
        collect() {
          this.reset()
          for (const it of health().environments) {
            const { project = '', environment = '' } = it
            const value = of(it)
            if (value !== undefined) this.set({ project, environment }, value)
          }
        },
      }),
    )
  gauge('flagmarshal_edge_upstream_connected', 'Whether the server is reached: 1 or 0.', ({ upstream }) =>
    upstream === 'connected' ? 1 : 0,
  )
  gauge(
    'flagmarshal_edge_revision_age_seconds',
    'Since the server last said that what is served is current.',
    ({ ageMs }) => (ageMs === undefined ? undefined : ageMs / 1_000),
  )
  gauge('flagmarshal_edge_reports_waiting', 'Reports that wait for the server.', (it) => it.reportsWaiting)
  gauge(
    'flagmarshal_edge_reports_turned_away',
    'Reports refused since the start, because too many waited.',
    (it) => it.reportsTurnedAway,
  )
}
