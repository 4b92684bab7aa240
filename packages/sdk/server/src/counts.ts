/**
 * What happened since the last report: requests by outcome of an evaluation, evaluations that failed.
 */
import type { Arm, Reason, Telemetry, TelemetryCount, TrafficSlice } from '@flagmarshal/evaluation'

import type { KeySample } from './key-sample.ts'

/** The first evaluation of a flag during one request. */
export interface FirstEvaluation {
  readonly flag: string
  readonly variant: string
  readonly arm: Arm
  readonly audience?: string
  readonly rollout?: { readonly id: string; readonly attempt: number }
  /** Why this variant was served. */
  readonly reason?: Reason
  /** The key that decided exposure and the share of keys to report; only where a rollout's arms are compared. */
  readonly sampled?: { readonly key: string; readonly rate: number }
  /** The slice of the traffic, 0..19; only outside a rollout, and only where the context has a key. */
  readonly slice?: number
}

/** How a request ended. */
export interface Outcome {
  readonly bad: boolean
  /** Slower than the bound that the application set. */
  readonly slow: boolean
  /** How long it took; absent where nobody measured it. */
  readonly durationMs?: number
}

/** Told of each request that evaluated something, at its end. */
export type RequestObserver = (evaluations: readonly FirstEvaluation[], outcome: Outcome) => void

/** The part of a report that is counted. */
type Counted = Pick<Telemetry, 'counts' | 'errors' | 'codeDefaults'>

/** Counts until they are taken. */
export interface Counts {
  /** One request and every flag that it evaluated. */
  request(evaluations: Iterable<FirstEvaluation>, outcome: Outcome): void
  /** Tells of each request from now on; answers how to stop that. */
  observe(observer: RequestObserver): () => void
  /** One evaluation that served the caller's default. */
  codeDefault(flag: string, code: string): void
  /** Everything since the last time, and starts anew. */
  take(): Counted
}

/** The most that the server takes in one report: distinct rows of each kind, and bucketing keys. */
const ROWS = 2_000
const KEYS = 20_000
/** Flag keys come from the application and may be anything; the server takes names up to this length. */
const NAME_LENGTH = 128

type Row = { -readonly [Name in keyof Omit<TelemetryCount, 'slices'>]: TelemetryCount[Name] } & {
  keys: string[]
  slices?: Slice[]
}
type Slice = { -readonly [Name in keyof TrafficSlice]: TrafficSlice[Name] }

/** Counts at zero. */
export function createCounts(sample: KeySample): Counts {
  let rows = new Map<string, Row>()
  let errors = new Map<string, { flag: string; code: string; n: number }>()
  let codeDefaults = new Map<string, { flag: string; n: number }>()
  let keys = 0
  const observers = new Set<RequestObserver>()

  function countOne(evaluation: FirstEvaluation, outcome: Outcome): void {
    const row = rowOf(rows, rowName(evaluation), () => emptyRow(evaluation))
    if (row === undefined) return
    row.n++
    if (outcome.bad) row.bad++
    if (outcome.slow) row.slow++
    const { rollout, arm, sampled, slice } = evaluation
    if (slice !== undefined) addToSlice(row, slice, outcome)
    // A key that finds no room here is reported when its owner comes back.
    if (rollout === undefined || sampled === undefined || keys >= KEYS) return
    const hash = sample.take({ rollout, arm, ...sampled })
    if (hash === undefined) return
    row.keys.push(hash)
    keys++
  }

  return {
    request(evaluations, outcome) {
      const all = [...evaluations]
      for (const evaluation of all) countOne(evaluation, outcome)
      if (all.length > 0) for (const observer of observers) observer(all, outcome)
    },
    observe(observer) {
      observers.add(observer)
      return () => void observers.delete(observer)
    },
    codeDefault(key, code) {
      const flag = key.slice(0, NAME_LENGTH)
      if (flag === '') return
      const error = rowOf(errors, `${code} ${flag}`, () => ({ flag, code, n: 0 }))
      if (error !== undefined) error.n++
      const served = rowOf(codeDefaults, flag, () => ({ flag, n: 0 }))
      if (served !== undefined) served.n++
    },
    take() {
      const counted = {
        counts: [...rows.values()],
        errors: [...errors.values()],
        codeDefaults: [...codeDefaults.values()],
      }
      rows = new Map()
      errors = new Map()
      codeDefaults = new Map()
      keys = 0
      return counted
    },
  }
}

function addToSlice(row: Row, slice: number, outcome: Outcome): void {
  const slices = (row.slices ??= [])
  const known = slices.find((it) => it.slice === slice)
  const counted = known ?? { slice, n: 0, bad: 0, slow: 0 }
  if (known === undefined) slices.push(counted)
  counted.n++
  if (outcome.bad) counted.bad++
  if (outcome.slow) counted.slow++
}

function rowOf<Value>(rows: Map<string, Value>, name: string, open: () => Value): Value | undefined {
  const known = rows.get(name)
  if (known !== undefined || rows.size >= ROWS) return known
  const row = open()
  rows.set(name, row)
  return row
}

function rowName({ flag, variant, arm, audience, rollout, reason }: FirstEvaluation): string {
  return [flag, variant, arm, audience, rollout?.id, rollout?.attempt, reason].join('\0')
}

function emptyRow({ flag, variant, arm, audience, rollout, reason }: FirstEvaluation): Row {
  return {
    flag,
    variant,
    arm,
    ...(audience === undefined ? {} : { audience }),
    ...(rollout === undefined ? {} : { rollout }),
    ...(reason === undefined ? {} : { reason }),
    n: 0,
    bad: 0,
    slow: 0,
    keys: [],
  }
}
