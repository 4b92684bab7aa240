/**
 * Counters, gauges and histograms as text that Prometheus reads (exposition format 0.0.4).
 */

/** Names and values; a series is one set of them. */
export type Labels = Readonly<Record<string, string>>

/** A family of counters. */
export interface Counter {
  /** Adds to a series; 0 makes it appear. */
  add(labels: Labels, value: number): void
  lines(): string[]
}

/** A family of histograms. */
export interface Histogram {
  /** Counts a value; undefined makes the series appear. */
  observe(labels: Labels, value: number | undefined): void
  lines(): string[]
}

/** The most series of one family: names come from the application and may be without end. */
const MOST_SERIES = 2_000

/** A counter at nothing. */
export function createCounter(name: string, help: string): Counter {
  const series = new Map<string, number>()
  return {
    add(labels, value) {
      const at = seriesName(labels)
      const before = series.get(at)
      if (before === undefined && series.size >= MOST_SERIES) return
      series.set(at, (before ?? 0) + value)
    },
    lines: () => [...head(name, 'counter', help), ...[...series].map(([at, value]) => line(name, at, value))],
  }
}

/** A histogram with upper bounds, ascending, at nothing. */
export function createHistogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const series = new Map<string, { sum: number; count: number; readonly buckets: number[] }>()
  return {
    observe(labels, value) {
      const at = seriesName(labels)
      const known = series.get(at) ?? { sum: 0, count: 0, buckets: bounds.map(() => 0) }
      if (!series.has(at) && series.size >= MOST_SERIES) return
      series.set(at, known)
      if (value === undefined) return
      known.sum += value
      known.count++
      bounds.forEach((bound, index) => {
        if (value <= bound) known.buckets[index] = (known.buckets[index] ?? 0) + 1
      })
    },
    lines() {
      const lines = head(name, 'histogram', help)
      for (const [at, { sum, count, buckets }] of series) {
        const bucket = (le: string) => (at === '' ? `le="${le}"` : `${at},le="${le}"`)
        bounds.forEach((bound, index) => {
          lines.push(line(`${name}_bucket`, bucket(String(bound)), buckets[index] ?? 0))
        })
        lines.push(line(`${name}_bucket`, bucket('+Inf'), count))
        lines.push(line(`${name}_sum`, at, sum), line(`${name}_count`, at, count))
      }
      return lines
    },
  }
}

/** A gauge as it is now. */
export function gaugeLines(
  name: string,
  help: string,
  values: readonly { readonly labels: Labels; readonly value: number }[],
): string[] {
  return [
    ...head(name, 'gauge', help),
    ...values.map(({ labels, value }) => line(name, seriesName(labels), value)),
  ]
}

function head(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}

function line(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`
}

function seriesName(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
