/**
 * Streams: who listens to which environment, what they are told first, and what after it.
 */
import type { Patch } from '@flagmarshal/evaluation'

import type { EnvironmentKey } from '../storage/snapshots.ts'
import { missedPatch } from './environment-state.ts'
import type { EnvironmentState } from './environment-state.ts'

/** One client's stream, as far as delivery needs to know it. */
export interface Sink {
  /** False when the client is gone or reads too slowly; it is forgotten then. */
  send(event: { readonly event: string; readonly data: string; readonly id?: string }): boolean
  /** Ends the stream. */
  close(): void
  /** Called once when the stream has ended. */
  onClose(done: () => void): void
}

export interface Subscription {
  readonly key: EnvironmentKey
  /** The instance that opened the stream, if it said so. */
  readonly instance: string | undefined
  /** The id of the SDK key that opened it. */
  readonly sdkKey: string
  /** The revision that the client has, from Last-Event-ID. */
  readonly has: number | undefined
}

export interface Subscribers {
  /** Sends what the client lacks and keeps it informed until its stream ends. */
  add(subscription: Subscription, state: EnvironmentState, sink: Sink): void
  /** Sends a new revision to everybody who listens to the environment. */
  publish(key: EnvironmentKey, state: EnvironmentState, patch: Patch | undefined): void
  /** Sends something to instances of an environment that listen here. */
  tell(key: EnvironmentKey, instances: readonly string[], event: { event: string; data: string }): void
  /** Who listens now. */
  open(): readonly Subscription[]
  /** Ends the streams of keys that are none of these. */
  keepOnly(sdkKeys: ReadonlySet<string>): void
}

/** Nobody listens yet. `left` is told of each stream that has ended. */
export function createSubscribers(left: (subscription: Subscription) => void): Subscribers {
  const streams = new Map<Sink, Subscription>()

  return {
    add(subscription, state, sink) {
      streams.set(sink, subscription)
      sink.onClose(() => {
        if (streams.delete(sink)) left(subscription)
      })
      greet(subscription, state, sink)
    },
    publish(key, state, patch) {
      const event = patch === undefined ? snapshotEvent(state) : patchEvent(patch)
      for (const [sink, subscription] of streams) {
        const { project, environment } = subscription.key
        if (project === key.project && environment === key.environment) sink.send(event)
      }
    },
    tell(key, instances, event) {
      for (const [sink, subscription] of streams) {
        const { project, environment } = subscription.key
        if (project !== key.project || environment !== key.environment) continue
        if (subscription.instance !== undefined && instances.includes(subscription.instance)) sink.send(event)
      }
    },
    open: () => [...streams.values()],
    keepOnly(sdkKeys) {
      for (const [sink, { sdkKey }] of streams) if (!sdkKeys.has(sdkKey)) sink.close()
    },
  }
}

function greet({ has }: Subscription, state: EnvironmentState, sink: Sink): void {
  const { revision } = state.snapshot
  // A client that has everything must hear something, or it would take the stream for a dead one.
  if (has === revision) {
    sink.send({ event: 'current', id: String(revision), data: JSON.stringify({ revision }) })
    return
  }
  const missed = has === undefined ? undefined : missedPatch(state, has)
  sink.send(missed === undefined ? snapshotEvent(state) : patchEvent(missed))
}

function snapshotEvent(state: EnvironmentState) {
  return { event: 'snapshot', id: String(state.snapshot.revision), data: state.text() }
}

function patchEvent(patch: Patch) {
  return { event: 'patch', id: String(patch.revision), data: JSON.stringify(patch) }
}
