/**
 * Delivery without a database: what SDKs and OFREP clients are served is in memory, and what they say
 * is passed on. The handlers are the same as at the server.
 */
import type { VerificationRequest } from '@flagmarshal/evaluation'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import type { EnvironmentState } from '../delivery/environment-state.ts'
import { createDeliveryMetrics } from '../delivery/metrics.ts'
import { createSentTimes } from '../delivery/sent-times.ts'
import { createSubscribers } from '../delivery/subscribers.ts'
import { startTask } from '../delivery/task.ts'
import { usedThere } from '../delivery/used.ts'
import { HttpProblem } from '../http/problems.ts'
import type { ExposureServices, SdkServices } from '../http/services.ts'
import type { Metrics } from '../metrics.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import type { LinkListener } from './link.ts'
import type { Place } from './place.ts'

/** Between two signs that the streams which are open still are. */
const STREAMS_MS = 10_000
/** How long a client that knows a newer revision waits for it to arrive here, too. */
const CATCH_UP_MS = 2_000

export interface EdgeDelivery extends Omit<LinkListener, 'keysChanged'> {
  /** What handlers use. */
  readonly served: SdkServices['delivery'] & ExposureServices['delivery']
  /** Ends the streams of keys that are none of these. */
  keepOnly(keys: ReadonlySet<string>): void
  /** The place of an environment. Throws an HttpProblem where nothing is served of it yet. */
  placeOf(key: EnvironmentKey): Place
  /** How many streams of an environment are open: of SDKs, and of OFREP clients. */
  streams(key: EnvironmentKey): { readonly streams: number; readonly browserStreams: number }
  close(): Promise<void>
}

interface Parts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly places: readonly Place[]
}

/** Nothing is served before the links have something. */
export function openEdgeDelivery(parts: Parts): EdgeDelivery {
  const { clock, log, places } = parts
  const waiting = new Set<() => void>()
  const sent = createSentTimes(clock)
  const subscribers = createSubscribers(({ key, instance }) => {
    const again = of(key).some((it) => it.instance === instance)
    if (instance !== undefined && !again)
      found(key)?.relay.note(instance, { spoke: false, streamOpen: false })
  })
  const metrics = createDeliveryMetrics(parts.metrics, {
    environments: {
      loaded: () => places.flatMap(({ link }) => link.state() ?? []),
      checkedAt: () => oldest(places.map(({ link }) => link.checkedAt())),
    },
    subscribers,
    clock,
  })
  const marks = startTask({ name: 'streams', everyMs: STREAMS_MS, clock, log }, async () => {
    for (const { key, instance } of subscribers.open())
      if (instance !== undefined) found(key)?.relay.note(instance, { spoke: false, streamOpen: true })
  })

  return {
    served: {
      metrics,
      environments: {
        get: async (key) => placeOf(key).link.state(),
        now: (key) => found(key)?.link.state(),
        fresh,
      },
      follow(subscription, sink) {
        const { link, relay } = placeOf(subscription.key)
        const state = link.state()
        if (state === undefined) throw notReady()
        if (subscription.instance !== undefined)
          relay.note(subscription.instance, { spoke: true, streamOpen: true })
        subscribers.add(subscription, state, sink)
      },
      polled: (key, instance) => placeOf(key).relay.note(instance, { spoke: true }),
      async acknowledge(key, acknowledgement) {
        const seconds = sent.secondsSince(key, acknowledgement.revision)
        if (seconds !== undefined) metrics.acknowledgeSeconds.observe(seconds)
        placeOf(key).relay.acknowledge(acknowledgement)
      },
      async report(key, report) {
        const { relay } = placeOf(key)
        relay.note(report.instanceId, { spoke: true })
        const empty = report.counts.length + report.errors.length + report.codeDefaults.length === 0
        const refusal = empty && report.process === undefined ? undefined : relay.report(report)
        metrics.reports.inc({ result: refusal === undefined ? 'passed-on' : 'turned-away' })
        return refusal ?? 'counted'
      },
      asked: (key, flag) => placeOf(key).relay.ask(flag),
      exposed: (state, counts) => placeOf(state.snapshot).relay.use(usedThere(state, counts)),
    },
    changed(state, patch) {
      const key = state.snapshot
      sent.note(key, key.revision)
      subscribers.publish(key, state, patch)
      for (const wake of waiting) wake()
    },
    ask: (state: EnvironmentState, instances: readonly string[], request: VerificationRequest) =>
      subscribers.tell(state.snapshot, instances, { event: 'verify', data: JSON.stringify(request) }),
    keepOnly: (keys) => subscribers.keepOnly(keys),
    streams(key) {
      const open = of(key)
      const streams = open.filter((it) => it.instance !== undefined).length
      return { streams, browserStreams: open.length - streams }
    },
    placeOf,
    close: () => marks.stop(),
  }

  function of({ project, environment }: EnvironmentKey) {
    return subscribers.open().filter(({ key }) => key.project === project && key.environment === environment)
  }

  function found({ project, environment }: EnvironmentKey): Place | undefined {
    return places.find(({ link }) => {
      const of = link.state()?.snapshot
      return of?.project === project && of.environment === environment
    })
  }

  function placeOf(key: EnvironmentKey): Place {
    const place = found(key)
    if (place === undefined) throw notReady()
    return place
  }

  /** The next revision, where it comes soon: another edge may have told the client of it first. */
  async function fresh(key: EnvironmentKey): Promise<EnvironmentState | undefined> {
    await new Promise<void>((resolve) => {
      const done = () => {
        waiting.delete(done)
        clearTimeout(late)
        resolve()
      }
      const late = setTimeout(done, CATCH_UP_MS)
      waiting.add(done)
    })
    return found(key)?.link.state()
  }
}

/** Of what was checked longest ago; undefined where something never was. */
function oldest(times: readonly (Date | undefined)[]): Date | undefined {
  return times.some((it) => it === undefined)
    ? undefined
    : times.reduce((first, it) => ((it ?? 0) < (first ?? 0) ? it : first), times[0])
}

function notReady(): HttpProblem {
  return new HttpProblem(503, 'nothing-to-serve-yet', 'This edge has not heard of its server yet.', {
    remedy: 'Try again shortly; /readyz says what is missing.',
    headers: { 'retry-after': '2' },
  })
}
