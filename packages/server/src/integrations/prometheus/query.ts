/**
 * One query, and every way in which its answer can be no answer told apart: a query that is
 * wrong is not an outage, and half an answer is none.
 */
import type { UnknownKind } from '@flagmarshal/domain/analysis/model'
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type { MonitoringAddress, Outgoing } from '../interfaces.ts'

/** A series with its samples, oldest first; an instant vector has one. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly Sample[]
}

/** A value at a time in ms. */
export interface Sample {
  readonly at: number
  readonly value: number
}

/** Why nothing is known. */
export interface Unknown {
  readonly kind: UnknownKind
  readonly detail: string
}

export type Answer = { readonly kind: 'series'; readonly series: readonly Series[] } | Unknown

const TIMEOUT_MS = 5_000
const MAX_BYTES = 32 * 1024 * 1024

const SampleOf = z.tuple([z.number(), z.string()])
const Success = z.object({
  status: z.literal('success'),
  warnings: z.array(z.string()).optional(),
  /** VictoriaMetrics: a part of its storage did not answer. */
  isPartial: z.boolean().optional(),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: SampleOf.optional() })),
    }),
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(
        z.object({ metric: z.record(z.string(), z.string()), values: z.array(SampleOf).optional() }),
      ),
    }),
    z.object({ resultType: z.literal('scalar'), result: SampleOf }),
    z.object({ resultType: z.literal('string'), result: SampleOf }),
  ]),
})
const Failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() })

/** Asks at a time, which is never left to the clock of the one who is asked. */
export async function queryInstant(
  outgoing: Outgoing,
  address: MonitoringAddress,
  query: string,
  time: Date,
): Promise<Answer> {
  return await post(outgoing, address, '/api/v1/query', { query, time: secondsOf(time) })
}

/** Asks at each of several times, an equal step apart; the first and the last are given. */
export async function queryRange(
  outgoing: Outgoing,
  address: MonitoringAddress,
  query: string,
  { from, to, stepMs }: { readonly from: Date; readonly to: Date; readonly stepMs: number },
): Promise<Answer> {
  const times = { start: secondsOf(from), end: secondsOf(to), step: String(stepMs / 1000) }
  return await post(outgoing, address, '/api/v1/query_range', { query, ...times })
}

function secondsOf(time: Date): string {
  return String(time.getTime() / 1000)
}

async function post(
  outgoing: Outgoing,
  address: MonitoringAddress,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Answer> {
  const answer = await ask(outgoing, address, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...parameters, timeout: '4s' }).toString(),
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
  })
  if (answer.kind === 'failed') return { kind: 'provider_error', detail: answer.why }
  if (answer.status !== 200) return refusalOf(answer.status, answer.json)
  const parsed = Success.safeParse(answer.json)
  if (!parsed.success)
    return { kind: 'provider_error', detail: 'the answer is none of the HTTP API of Prometheus' }
  const { warnings = [], isPartial, data } = parsed.data
  if (warnings.length > 0 || isPartial === true) {
    return { kind: 'partial', detail: short(warnings[0] ?? 'a part of the storage did not answer') }
  }
  return seriesOf(data)
}

function refusalOf(status: number, json: unknown): Unknown {
  const failure = Failure.safeParse(json)
  if (failure.success && ['bad_data', 'execution'].includes(failure.data.errorType)) {
    return { kind: 'bad_query', detail: short(failure.data.error) }
  }
  if (failure.success) {
    return { kind: 'provider_error', detail: short(`${failure.data.errorType}: ${failure.data.error}`) }
  }
  return { kind: 'provider_error', detail: doorSentence('Prometheus', status) }
}

function seriesOf(data: z.output<typeof Success>['data']): Answer {
  switch (data.resultType) {
    case 'vector':
      return {
        kind: 'series',
        series: data.result.map(({ metric, value }) => ({
          labels: metric,
          samples: value === undefined ? [] : [sampleOf(value)],
        })),
      }
    case 'matrix':
      return {
        kind: 'series',
        series: data.result.map(({ metric, values = [] }) => ({
          labels: metric,
          samples: values.map(sampleOf),
        })),
      }
    case 'scalar':
    case 'string':
      return {
        kind: 'bad_query',
        detail: `the query gives a ${data.resultType}, not one series for each arm`,
      }
  }
}

function sampleOf([seconds, text]: readonly [number, string]): Sample {
  return { at: Math.round(seconds * 1000), value: numberOf(text) }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}

/** Errors repeat the query, which may be long. */
function short(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text
}
