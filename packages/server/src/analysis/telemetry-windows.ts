/**
 * Built-in telemetry → measurements: the source of metrics that is always there.
 *
 * A window without a request in either arm is found to be without traffic by the domain; it is
 * never taken for "no errors".
 */
import type { ArmCounts, Measurement, TelemetrySource } from '@flagmarshal/domain/analysis/model'
import type { NewKeys } from '@flagmarshal/domain/analysis/split'

import type { MetricSource } from '../integrations/interfaces.ts'

/** Requests of one arm in one window: all, failed, slow. */
interface Counts {
  readonly n: number
  readonly bad: number
  readonly slow: number
}

/** What telemetry counted in one closed window. */
export interface CountedWindow {
  readonly end: Date
  /** By audience id. */
  readonly audiences: Readonly<Record<string, { readonly exposed: Counts; readonly control: Counts }>>
  /** Distinct bucketing keys that appeared first in this window. */
  readonly keys: readonly NewKeys[]
  /** Requests that belong to no arm. */
  readonly outside: Counts
}

const NONE: Counts = { n: 0, bad: 0, slow: 0 }

/** Built-in telemetry, with the windows that it has counted, as a source of metrics. */
export function telemetrySource(windows: readonly CountedWindow[]): MetricSource {
  const byEnd = new Map(windows.map((window) => [window.end.getTime(), window]))
  return {
    measure: ({ criterion, source, audiences, ends }) =>
      Promise.resolve(
        ends.map((end) => {
          const counted = byEnd.get(end.getTime())
          if (source.kind !== 'telemetry' || counted === undefined)
            throw new Error(`nothing was counted until ${end.toISOString()}`)
          return measurementOf({ criterion, source, audiences }, counted)
        }),
      ),
  }
}

/** Requests of a window: of the exposed arm, and of all. */
export function requestsIn({ audiences, outside }: CountedWindow): {
  readonly exposed: number
  readonly requests: number
} {
  const arms = Object.values(audiences)
  const exposed = arms.reduce((sum, each) => sum + each.exposed.n, 0)
  const control = arms.reduce((sum, each) => sum + each.control.n, 0)
  return { exposed, requests: exposed + control + outside.n }
}

/** Bad and all requests of both arms over all audiences of a measurement; none where it is unknown. */
export function armsOf(measurement: Measurement | undefined): {
  readonly exposed: ArmCounts
  readonly control: ArmCounts
} {
  const sums = { exposed: { n: 0, x: 0 }, control: { n: 0, x: 0 } }
  for (const each of measurement?.kind === 'ok' ? measurement.audiences : []) {
    for (const arm of ['exposed', 'control'] as const) {
      sums[arm].n += each[arm].n
      sums[arm].x += each[arm].x
    }
  }
  return sums
}

interface Telemetry {
  readonly criterion: string
  readonly source: TelemetrySource
  readonly audiences: readonly string[]
}

function measurementOf({ criterion, source, audiences }: Telemetry, window: CountedWindow): Measurement {
  const { counts } = source
  return {
    criterion,
    kind: 'ok',
    audiences: audiences.map((audience) => {
      const { exposed, control } = window.audiences[audience] ?? { exposed: NONE, control: NONE }
      return {
        audience,
        exposed: { n: exposed.n, x: exposed[counts] },
        control: { n: control.n, x: control[counts] },
      }
    }),
  }
}
