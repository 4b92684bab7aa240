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
import { usageOf, watchProcess } from './process-usage.ts'
import type { ProcessWatch } from './process-usage.ts'
import type { Settings } from './settings.ts'

/** Reports kept for another try; the oldest is dropped first. */
const KEPT = 20

/** Sends reports from the first interval that it is told until it is closed. */
export class TelemetryReporter {
  readonly #settings: Settings
  readonly #counts: Counts
  readonly #sample: KeySample
  readonly #stop = new AbortController()
  readonly #waiting: Telemetry[] = []
  #seq = 0
  #fromMs = Date.now()
  #processAt = performance.now()
  readonly #process: ProcessWatch | undefined
  #intervalMs: number | undefined
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined

  constructor(settings: Settings, counts: Counts, sample: KeySample) {
    this.#settings = settings
    this.#counts = counts
    this.#sample = sample
    this.#process = settings.pools === undefined ? undefined : watchProcess(settings.pools)
  }

  /** Reports every `intervalMs` from now on; the same interval again changes nothing. */
  every(intervalMs: number): void {
    if (intervalMs === this.#intervalMs || this.#stop.signal.aborted) return
    this.#intervalMs = intervalMs
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#report(), intervalMs)
    this.#timer.unref()
  }

  /** Reports what is left, waiting no longer than the farewell, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const farewell = setTimeout(() => this.#stop.abort(), this.#settings.timings.farewellMs)
    await this.#sending
    // Before the first snapshot there was nobody to report to.
    if (this.#intervalMs !== undefined) this.#report()
    await this.#sending
    clearTimeout(farewell)
    this.#process?.close()
    this.#stop.abort()
  }

  #report(): void {
    const toMs = Date.now()
    const { instanceId } = this.#settings
    const counted = this.#counts.take()
    const used = this.#takeProcess()
    this.#waiting.push({ instanceId, seq: ++this.#seq, fromMs: this.#fromMs, toMs, ...counted, ...used })
    this.#fromMs = toMs
    if (this.#waiting.length > KEPT) this.#drop('too many reports are waiting')
    this.#sending ??= this.#sendWaiting().finally(() => {
      this.#sending = undefined
    })
  }

  /** With the reports that are sent anyhow: no timer of its own, and nothing for a request. */
  #takeProcess(): Pick<Telemetry, 'process'> {
    const now = performance.now()
    if (this.#process === undefined || now - this.#processAt < this.#settings.timings.processMs) return {}
    this.#processAt = now
    return { process: usageOf(this.#process.take()) }
  }

  async #sendWaiting(): Promise<void> {
    const waiting = this.#waiting
    for (let oldest = waiting[0]; oldest !== undefined; oldest = waiting[0]) {
      const failure = await post(this.#settings, '/telemetry', oldest, this.#stop.signal)
      // It may have been dropped meanwhile, to make room.
      if (waiting[0] !== oldest) continue
      if (failure === undefined) waiting.shift()
      else if (isFinal(failure.status)) this.#drop(`the server rejected it with ${failure.status}`)
      else return
    }
  }

  #drop(why: string): void {
    const lost = this.#waiting.shift()
    if (lost === undefined) return
    for (const { rollout, arm, keys } of lost.counts) {
      if (rollout !== undefined) this.#sample.forget(rollout, arm, keys)
    }
    const requests = lost.counts.reduce((sum, count) => sum + count.n, 0)
    this.#settings.logger.warn(`flagmarshal: report ${lost.seq} with ${requests} counts dropped: ${why}`)
  }
}
