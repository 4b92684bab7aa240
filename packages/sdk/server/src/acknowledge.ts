/**
 * Telling the server which revision this instance runs.
 *
 * A kill counts as verified only by these, so one is sent the moment a revision is in use, and tried
 * again until the server has it. While one is under way newer revisions only replace each other.
 */
import type { Acknowledgement, InstanceDescription } from '@flagmarshal/evaluation'

import { backoffMs, pause } from './backoff.ts'
import type { Closable } from './closable.ts'
import { post } from './endpoint.ts'
import type { Settings } from './settings.ts'
import type { Mode } from './updates.ts'
import { SDK_NAME, SDK_VERSION } from './version.ts'

/** What is to be acknowledged: the revision in use and how changes arrive. */
interface Running {
  readonly revision: number
  readonly mode: Mode
  readonly pollIntervalMs: number
}

/** Sends acknowledgements, one at a time. */
export interface Acknowledger extends Closable {
  acknowledge(running: Running): void
}

/** An acknowledger for one instance. */
export function createAcknowledger(settings: Settings): Acknowledger {
  const stop = new AbortController()
  let next: Running | undefined
  let sending = false

  return {
    acknowledge(running) {
      if (next !== undefined && isSame(next, running)) return
      next = running
      if (!sending) void sendAll()
    },
    close: () => stop.abort(),
  }

  async function sendAll(): Promise<void> {
    sending = true
    for (let failures = 0; next !== undefined && !stop.signal.aborted;) {
      const running: Running = next
      const failure = await post(settings, '/acks', acknowledgement(settings, running), stop.signal)
      const superseded = next !== running
      if (failure === undefined || isFinal(failure.status)) {
        if (failure !== undefined) {
          settings.logger.warn(`flagmarshal: the acknowledgement was rejected with ${failure.status}`)
        }
        failures = 0
        if (!superseded) next = undefined
        continue
      }
      failures = superseded ? 1 : failures + 1
      await pause(backoffMs(settings.timings.backoff, failures, Math.random()), stop.signal)
    }
    sending = false
  }
}

/** Whether sending the same again would be answered in the same way: 4xx, but for time-outs and rate limits. */
export function isFinal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
}

function isSame(a: Running, b: Running): boolean {
  return a.revision === b.revision && a.mode === b.mode && a.pollIntervalMs === b.pollIntervalMs
}

function acknowledgement(settings: Settings, running: Running): Acknowledgement {
  const instance: InstanceDescription = {
    application: settings.application,
    ...(settings.applicationVersion === undefined ? {} : { applicationVersion: settings.applicationVersion }),
    layers: settings.layers,
    sdk: SDK_NAME,
    sdkVersion: SDK_VERSION,
    mode: running.mode,
    ...(running.mode === 'poll' ? { pollIntervalMs: running.pollIntervalMs } : {}),
    ...(settings.allowVerification ? { allowsVerification: true } : {}),
  }
  return { instanceId: settings.instanceId, revision: running.revision, instance }
}
