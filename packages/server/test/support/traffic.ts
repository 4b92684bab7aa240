/**
 * Shoppers behind an instance: it evaluates what it is served for many keys, and reports the counts
 * over HTTP as an SDK does. Bad requests are spread evenly, so that a run decides as the one before.
 */
import { compile, evaluate } from '@flagmarshal/evaluation'
import type { TelemetryCount } from '@flagmarshal/evaluation'

import { follow } from './instances.ts'
import type { Follower } from './instances.ts'
import type { Place } from './rollouts.ts'

export interface TrafficOptions {
  /** Requests in each report. */
  readonly requests?: number
  /** Share of bad requests by the variant served, 0..1; may change while it runs. */
  readonly badShare?: (variant: string) => number
}

export interface Traffic {
  readonly follower: Follower
  /** Stops sending requests while the instance stays connected, or goes on. */
  pause(paused: boolean): void
  /** Ends the traffic and the instance's stream. */
  stop(): Promise<void>
}

const KEYS = 2_000
/** Between two reports; windows of 200 ms and more are filled by at least two. */
const REPORT_MS = 100

/** Starts the instance and its traffic. */
export async function startTraffic(
  { server: { address: server }, key, flag }: Place,
  options: TrafficOptions = {},
): Promise<Traffic> {
  const environment = 'production'
  const { requests = 100 } = options
  const follower = await follow(server, key, {
    environment,
    acknowledges: true,
  })
  const owed = new Map<string, number>()
  let [next, seq, paused] = [0, 0, false]
  let sending = Promise.resolve()

  function counts(): TelemetryCount[] {
    const snapshot = follower.snapshot()
    if (snapshot === undefined || paused) return []
    const compiled = compile(snapshot)
    const groups = new Map<string, { -readonly [K in keyof TelemetryCount]: TelemetryCount[K] }>()
    for (let i = 0; i < requests; i++) {
      const answer = evaluate(compiled, flag, 'boolean', { targetingKey: `shopper-${next++ % KEYS}` })
      if (!('variant' in answer)) continue
      const { variant, arm = 'outside', audience, rollout, reason } = answer
      const name = `${variant} ${arm} ${audience} ${reason}`
      const group = groups.get(name) ?? {
        flag,
        variant,
        arm,
        reason,
        ...(audience === undefined ? {} : { audience }),
        ...(rollout === undefined ? {} : { rollout }),
        n: 0,
        bad: 0,
        slow: 0,
        keys: [],
      }
      const due = (owed.get(variant) ?? 0) + (options.badShare?.(variant) ?? 0)
      owed.set(variant, due >= 1 ? due - 1 : due)
      groups.set(name, { ...group, n: group.n + 1, bad: group.bad + (due >= 1 ? 1 : 0) })
    }
    return [...groups.values()]
  }

  async function report(): Promise<void> {
    const body = { instanceId: follower.instance, seq: seq++, fromMs: 0, toMs: REPORT_MS, counts: counts() }
    await fetch(`${server}/api/v1/environments/${environment}/telemetry`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, errors: [], codeDefaults: [] }),
    }).then(
      (answer) => answer.body?.cancel(),
      () => undefined,
    )
  }

  const timer = setInterval(() => {
    sending = sending.then(report)
  }, REPORT_MS)

  return {
    follower,
    pause: (it) => void (paused = it),
    async stop() {
      clearInterval(timer)
      await sending
      await follower.close()
    },
  }
}
