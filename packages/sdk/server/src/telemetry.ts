/**
 * Reporting the counts, at the interval that the server announces and also when there is nothing to
 * count, because a report is the instance's heartbeat.
 *
 * A report that failed may have been received, so it is never merged into a later one: it is sent
 * again, unchanged and under its number, before newer ones, and the server discards a repeat.
 */
import type { Telemetry } from '@flagmarshal/evaluation'

import { isFinal } from './acknowledge.ts'
import type { Counts } from './counts.ts'
import { post } from './endpoint.ts'
import type { KeySample } from './key-sample.ts'
import type { Settings } from './settings.ts'

/** Sends reports until it is closed. */
export interface TelemetryReporter {
  /** Reports every `intervalMs` from now on; the same interval again changes nothing. */
  every(intervalMs: number): void
  /** Reports what is left, waiting no longer than the farewell, and ends. */
  close(): Promise<void>
}

/** Reports kept for another try; the oldest is dropped first. */
const KEPT = 20

/** A reporter that does nothing until it is told an interval. */
export function createTelemetryReporter(
  settings: Settings,
  counts: Counts,
  sample: KeySample,
): TelemetryReporter {
  const stop = new AbortController()
  const waiting: Telemetry[] = []
  let seq = 0
  let fromMs = Date.now()
  let interval: number | undefined
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined

  return {
    every(intervalMs) {
      if (intervalMs === interval || stop.signal.aborted) return
      interval = intervalMs
      clearInterval(timer)
      timer = setInterval(report, intervalMs)
      timer.unref()
    },
    async close() {
      clearInterval(timer)
      const farewell = setTimeout(() => stop.abort(), settings.timings.farewellMs)
      // Before the first snapshot there was nobody to report to.
      if (interval !== undefined) {
        await sending
        report()
        await sending
      }
      clearTimeout(farewell)
      stop.abort()
    },
  }

  function report(): void {
    const toMs = Date.now()
    waiting.push({ instanceId: settings.instanceId, seq: ++seq, fromMs, toMs, ...counts.take() })
    fromMs = toMs
    if (waiting.length > KEPT) drop('too many reports are waiting')
    sending ??= sendWaiting().finally(() => (sending = undefined))
  }

  async function sendWaiting(): Promise<void> {
    for (let oldest = waiting[0]; oldest !== undefined; oldest = waiting[0]) {
      const failure = await post(settings, '/telemetry', oldest, stop.signal)
      // It may have been dropped meanwhile, to make room.
      if (waiting[0] !== oldest) continue
      if (failure === undefined) waiting.shift()
      else if (isFinal(failure.status)) drop(`the server rejected it with ${failure.status}`)
      else return
    }
  }

  function drop(why: string): void {
    const lost = waiting.shift()
    if (lost === undefined) return
    for (const { rollout, arm, keys } of lost.counts) {
      if (rollout !== undefined) sample.forget(rollout, arm, keys)
    }
    const requests = lost.counts.reduce((sum, count) => sum + count.n, 0)
    settings.logger.warn(`flagmarshal: report ${lost.seq} with ${requests} counts dropped: ${why}`)
  }
}
