/**
 * The request that the running code belongs to.
 *
 * A request counts once for each flag that it evaluates, with the outcome of the first evaluation,
 * and how it ended is recorded for all of them at its end. AsyncLocalStorage carries the scope, so
 * application code passes nothing along.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

import type { Counts, FirstEvaluation, Outcome } from './counts.ts'

/** One request while it runs. Opened by middleware, ended once. */
export interface RequestScope {
  /** Runs code as part of the request, whatever asynchronous work it starts included. */
  readonly run: <Result>(work: () => Result) => Result
  /** Records the outcome for every flag evaluated so far. Later evaluations and a second end count for nothing. */
  readonly end: (outcome: Outcome) => void
}

/** What opens scopes: a connection. */
export interface RequestCounter {
  readonly counts: Counts
}

/** How `runRequest` judges the work. */
export interface RunRequestOptions {
  /** Work that takes longer counts as slow, in milliseconds. Default: nothing is slow. */
  readonly slowMs?: number
}

interface OpenScope {
  readonly counts: Counts
  readonly first: Map<string, FirstEvaluation>
}

const current = new AsyncLocalStorage<OpenScope>()

/** Opens a scope whose outcome is counted by `counter`. */
export function openRequest(counter: RequestCounter): RequestScope {
  const scope: OpenScope = { counts: counter.counts, first: new Map() }
  let ended = false
  return {
    run: (work) => current.run(scope, work),
    end(outcome) {
      if (ended) return
      ended = true
      scope.counts.request(scope.first.values(), outcome)
      scope.first.clear()
    },
  }
}

/**
 * Runs one unit of work as a request: a message of a queue, a job. It is bad when `work` throws; the
 * error is passed on.
 */
export async function runRequest<Result>(
  counter: RequestCounter,
  work: () => Result | Promise<Result>,
  options: RunRequestOptions = {},
): Promise<Result> {
  const scope = openRequest(counter)
  const startedAt = performance.now()
  const end = (bad: boolean): void => {
    const durationMs = performance.now() - startedAt
    scope.end({ bad, slow: durationMs > (options.slowMs ?? Infinity), durationMs })
  }
  try {
    const result = await scope.run(work)
    end(false)
    return result
  } catch (error) {
    end(true)
    throw error
  }
}

/** First evaluations by flag. */
export type Notes = Map<string, FirstEvaluation>

/** Where the running request notes the first evaluation of each flag; undefined outside of a request of this connection. */
export function notesOf(counts: Counts): Notes | undefined {
  const scope = current.getStore()
  return scope?.counts === counts ? scope.first : undefined
}

/** What the request that is running has evaluated so far, of the same connection; nothing outside of one. */
export function evaluationsInRequest({ counts }: RequestCounter): readonly FirstEvaluation[] {
  const scope = current.getStore()
  return scope === undefined || scope.counts !== counts ? [] : [...scope.first.values()]
}
