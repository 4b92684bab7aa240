/**
 * Streams: who listens to which environment, what they are told first, and what after it.
 */
import type { Patch } from '@flagmarshal/evaluation'

import type { EnvironmentKey } from '../storage/snapshots.ts'
import type { EnvironmentState } from './environment-state.ts'
import type { Told, Voice } from './voices.ts'

/** One client's stream, as far as delivery needs to know it. */
export interface Sink {
  /** False when the client is gone or reads too slowly; it is forgotten then. */
  send(event: Told): boolean
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
  readonly voice: Voice
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
      const greeting = subscription.voice.greet(state, subscription.has)
      if (greeting !== undefined) sink.send(greeting)
    },
    publish(key, state, patch) {
      // One event a voice, not one a stream: it is written once for all who hear it.
      const events = new Map<Voice, Told>()
      for (const [sink, { key: of, voice }] of streams) {
        if (of.project !== key.project || of.environment !== key.environment) continue
        const event = events.get(voice) ?? voice.change(state, patch)
        events.set(voice, event)
        sink.send(event)
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
