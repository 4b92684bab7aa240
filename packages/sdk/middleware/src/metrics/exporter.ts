/**
 * Metrics of the arms for Prometheus: requests, failures and durations, events and values, by flag,
 * variant, arm and audience; and what the process uses.
 *
 * Every series of a running rollout is there with 0 before anything happens: of a counter that is
 * born with its first error Prometheus does not see the first error.
 */
import type { ServerResponse } from 'node:http'

import { evaluationsInRequest } from '@flagmarshal/sdk-server'
import type { Connection, FirstEvaluation, Pool } from '@flagmarshal/sdk-server'

import { createCounter, createHistogram } from './exposition.ts'
import type { Labels } from './exposition.ts'
import { watchMetrics } from './process.ts'

/** How the exporter differs from the usual. */
export interface ExporterOptions {
  /** Upper bounds of the durations that are told apart, in seconds, ascending. */
  readonly buckets?: readonly number[]
  /** Events that `count` counts. Each is there with 0 from the start. */
  readonly events?: readonly string[]
  /** Values that `record` adds up, likewise. */
  readonly values?: readonly string[]
  /**
   * Flags whose requests are told apart by slices of the users while no rollout of them runs, so that a
   * plan whose criteria are counted in Prometheus can be tried on the days before. Twenty times the series.
   */
  readonly sliced?: readonly string[]
  /** Pools and queues by name, read at each scrape. */
  readonly pools?: Readonly<Record<string, () => Pool>>
}

/** Opened by `createExporter`, closed by `close`. */
export interface Exporter {
  readonly contentType: string
  /** Everything, as Prometheus reads it. */
  readonly text: () => string
  /** Answers a request for the metrics. */
  readonly handler: (request: unknown, response: ServerResponse) => void
  /** Counts an event, like a purchase, for what the running request has evaluated so far. */
  readonly count: (event: string) => void
  /** Adds a value, like the sum of a purchase: not negative, its sum and its squares are counters. */
  readonly record: (name: string, value: number) => void
  readonly close: () => void
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Begins to count what a connection's requests do. */
export function createExporter(connection: Connection, options: ExporterOptions = {}): Exporter {
  const { events = [], values = [], sliced = [], pools = {}, buckets = BUCKETS } = options
  const families = {
    requests: createCounter('flagmarshal_requests_total', 'Requests that evaluated a flag.'),
    bad: createCounter('flagmarshal_requests_bad_total', 'Those of them that failed.'),
    duration: createHistogram('flagmarshal_request_duration_seconds', 'How long they took.', buckets),
    events: createCounter('flagmarshal_events_total', 'Events that the application counts.'),
    count: createCounter('flagmarshal_value_count_total', 'Values that the application records.'),
    sum: createCounter('flagmarshal_value_sum_total', 'Their sum.'),
    squares: createCounter('flagmarshal_value_squares_total', 'The sum of their squares.'),
  }
  const process = watchMetrics(pools)
  const labelsOf = labelsWith(new Set(sliced))

  const appear = (labels: Labels): void => {
    families.requests.add(labels, 0)
    families.bad.add(labels, 0)
    families.duration.observe(labels, undefined)
    for (const event of events) families.events.add({ ...labels, event }, 0)
    for (const name of values) add({ ...labels, value: name }, 0, 0)
  }
  const add = (labels: Labels, n: number, value: number): void => {
    families.count.add(labels, n)
    families.sum.add(labels, value)
    families.squares.add(labels, value * value)
  }
  const begin = (): void => connection.comparedArms().map(labelsOf).forEach(appear)

  begin()
  const stops = [
    connection.onChange(begin),
    connection.counts.observe((evaluations, { bad, durationMs }) => {
      for (const labels of evaluations.map(labelsOf)) {
        families.requests.add(labels, 1)
        families.bad.add(labels, bad ? 1 : 0)
        families.duration.observe(labels, durationMs === undefined ? undefined : durationMs / 1000)
      }
    }),
  ]
  const text = (): string =>
    `${[...Object.values(families).flatMap((it) => it.lines()), ...process.lines()].join('\n')}\n`
  const contentType = 'text/plain; version=0.0.4; charset=utf-8'
  return {
    contentType,
    text,
    handler: (_request, response) =>
      void response.writeHead(200, { 'content-type': contentType }).end(text()),
    count(event) {
      for (const it of evaluationsInRequest(connection)) families.events.add({ ...labelsOf(it), event }, 1)
    },
    record(name, value) {
      if (!(value >= 0)) {
        connection.logger.warn(
          `flagmarshal: the value ${name} is ${value}; only what is not negative is added up`,
        )
        return
      }
      for (const it of evaluationsInRequest(connection)) add({ ...labelsOf(it), value: name }, 1, value)
    },
    close() {
      for (const stop of stops) stop()
      process.close()
    },
  }
}

/** Slices are there outside of a rollout alone: then there are no arms that could be compared. */
function labelsWith(sliced: ReadonlySet<string>): (evaluation: FirstEvaluation) => Labels {
  return ({ flag, variant, arm, audience, slice }) => ({
    flag,
    variant,
    arm,
    ...(audience === undefined ? {} : { audience }),
    ...(slice === undefined || !sliced.has(flag) ? {} : { slice: String(slice) }),
  })
}
