/**
 * The table of the soak: for each promise what was done to the product, how often, and what came of it.
 */
import { PROMISE_IDS, PROMISES } from './promises.ts'
import type { PromiseId } from './promises.ts'
import type { Showing } from './reports.ts'

/** `absent`: no test shows it. `skipped`: those that would were all skipped. */
type Result = 'held' | 'broken' | 'skipped' | 'absent'

export interface Row {
  readonly id: PromiseId
  readonly promise: string
  readonly result: Result
  /** What was done; the titles of tests that say no more. */
  readonly lines: readonly Line[]
}

export interface Line {
  readonly done: string
  /** How often; tests of the same row that only passed are counted together. */
  readonly times: number
  readonly figure: string
  readonly status: string
}

/** A row for each promise, in order. */
export function rowsOf(showings: readonly Showing[]): readonly Row[] {
  return PROMISE_IDS.map((id) => {
    const own = showings.filter((it) => it.promises.includes(id))
    return { id, promise: PROMISES[id], result: resultOf(own), lines: linesOf(own) }
  })
}

function resultOf(own: readonly Showing[]): Result {
  if (own.some((it) => it.status === 'failed')) return 'broken'
  if (own.some((it) => it.status === 'passed')) return 'held'
  return own.length > 0 ? 'skipped' : 'absent'
}

/** Those with figures and those that failed or were skipped, each by itself; the others in one line. */
function linesOf(own: readonly Showing[]): readonly Line[] {
  const special = own.filter((it) => it.seen !== undefined || it.status !== 'passed')
  const lines = special.map(({ title, status, seen }) => ({
    done: seen?.done ?? title,
    times: seen?.times ?? 1,
    figure: seen?.result ?? '',
    status,
  }))
  const others = own.length - special.length
  if (others === 0) return lines
  return [
    ...lines,
    { done: 'other tests of this promise', times: others, figure: 'all passed', status: 'passed' },
  ]
}
