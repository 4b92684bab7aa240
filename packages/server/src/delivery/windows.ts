/**
 * The windows that have closed, as the rollout controller reads them: in order, none left out. A
 * window without a request is there with zeros, so that "no traffic" is seen and not overlooked.
 */
import type { Arm } from '@flagmarshal/evaluation'

import type { Queries } from '../storage/database.ts'
import { selectNewKeys, selectWindows, type NewKeysRow } from '../storage/telemetry.ts'

/** Requests of one arm in one window; `bad` failed, `slow` took longer than the application's bound. */
export interface Counts {
  readonly n: number
  readonly bad: number
  readonly slow: number
}

/** One closed window of an attempt. */
export interface ClosedWindow {
  readonly end: Date
  /** By audience id. */
  readonly audiences: Readonly<Record<string, { readonly exposed: Counts; readonly control: Counts }>>
  /** Requests that belong to no arm, of all audiences together. */
  readonly outside: Counts
  /** Requests of the exposed arm that were served the treatment: none while observing and after a rollback. */
  readonly treated: number
  /** Distinct bucketing keys that appeared first in this window, by audience. */
  readonly keys: readonly NewKeys[]
}

/** Distinct keys of one audience. */
export interface NewKeys {
  readonly audience: string
  readonly exposed: number
  readonly control: number
}

/** Which windows are wanted. */
export interface WindowQuery {
  readonly rollout: string
  readonly attempt: number
  /** Each of them stands in every window, counted or not. */
  readonly audiences: readonly string[]
  readonly windowMs: number
  /** Windows that begin here or later: the end of the last one that was read, or the start. */
  readonly after: Date
  /** The time of the database, read once in the tick. */
  readonly now: Date
}

/** Windows answered at once; after a long absence the caller asks again. */
const MOST_WINDOWS = 10_000

/**
 * All windows after a time that have closed: two windows after their end, when nothing can be
 * written into them any more. Oldest first; an audience that is not asked for appears if it was counted.
 */
export async function readWindows(queries: Queries, query: WindowQuery): Promise<ClosedWindow[]> {
  const { windowMs, now, audiences } = query
  const first = Math.ceil(query.after.getTime() / windowMs)
  const closed = Math.floor(now.getTime() / windowMs) - 2
  const last = Math.min(closed, first + MOST_WINDOWS)
  if (last <= first) return []

  const { rollout, attempt } = query
  const range = { rollout, attempt, from: new Date(first * windowMs), to: new Date(last * windowMs) }
  const rows = await selectWindows(queries, range)
  const keys = Map.groupBy(await selectNewKeys(queries, range), (row) => row.window_end.getTime())
  const byEnd = Map.groupBy(rows, (row) => row.window_end.getTime())
  return Array.from({ length: last - first }, (_, index) => {
    const end = new Date((first + index + 1) * windowMs)
    return windowOf(end, audiences, byEnd.get(end.getTime()) ?? [], keys.get(end.getTime()) ?? [])
  })
}

type Row = Counts & { readonly audience: string; readonly arm: Arm; readonly treated: number }

function windowOf(
  end: Date,
  audiences: readonly string[],
  rows: readonly Row[],
  keys: readonly NewKeysRow[],
): ClosedWindow {
  const counted = rows.filter((row) => row.arm !== 'outside').map((row) => row.audience)
  const arms = (audience: string) => ({
    exposed: total(rows.filter((row) => row.audience === audience && row.arm === 'exposed')),
    control: total(rows.filter((row) => row.audience === audience && row.arm === 'control')),
  })
  const names = [...new Set([...audiences, ...counted])]
  return {
    end,
    audiences: Object.fromEntries(names.map((audience) => [audience, arms(audience)])),
    outside: total(rows.filter((row) => row.arm === 'outside')),
    treated: rows.reduce((sum, row) => sum + row.treated, 0),
    keys: newKeysOf(keys),
  }
}

function newKeysOf(rows: readonly NewKeysRow[]): NewKeys[] {
  const count = (of: readonly NewKeysRow[], arm: Arm) => of.find((row) => row.arm === arm)?.keys ?? 0
  return [...Map.groupBy(rows, (row) => row.audience)].map(([audience, of]) => ({
    audience,
    exposed: count(of, 'exposed'),
    control: count(of, 'control'),
  }))
}

function total(rows: readonly Row[]): Counts {
  return rows.reduce<Counts>(
    (sum, { n, bad, slow }) => ({ n: sum.n + n, bad: sum.bad + bad, slow: sum.slow + slow }),
    { n: 0, bad: 0, slow: 0 },
  )
}
