/**
 * Keeping memory current: the stream where it flows, polling where it does not.
 *
 * Polling starts soon after a stream ends, spread over seconds so that the clients of a lost server
 * do not all ask at once, and stops with the first thing that a new stream brings. A stream whose
 * headers arrive and whose events are held back by a proxy therefore never leaves memory old.
 */
import type { Patch, Snapshot } from '@flagmarshal/evaluation'

import type { Closable } from './closable.ts'
import type { Failure } from './endpoint.ts'
import { startPolling } from './poll.ts'
import type { Fetched, PollTarget } from './poll.ts'
import type { Settings } from './settings.ts'
import { keepStream } from './stream.ts'
import type { StreamTarget } from './stream.ts'

/** How an instance hears of changes at the moment. */
export type Mode = 'stream' | 'poll'

/** The memory that is kept current. */
export interface UpdateTarget {
  readonly revision: () => number | undefined
  readonly pollIntervalMs: () => number
  readonly replace: (snapshot: Snapshot, mode: Mode) => void
  readonly patch: (patch: Patch) => boolean
  /** The server asks what this instance makes of drafts; only a stream brings that. */
  readonly verify: (body: unknown) => void
  /** Memory is what the server serves: told once when a stream begins to flow, and after each poll. */
  readonly current: (mode: Mode) => void
  /** Neither the stream nor the last poll reached the server. */
  readonly outOfReach: (why: string) => void
  /** The server does not accept the key. Nothing more is tried. */
  readonly refused: (status: number) => void
}

/** How long a fresh instance gives the stream before it also polls, in milliseconds. */
const HEAD_START_MS = 1_000
/** The longest that an instance waits with its first poll once its stream is lost; most have a new stream by then. */
const SPREAD_MS = 5_000

/** Keeps `target` current until it is closed or the key is refused. */
export function keepUpdated(settings: Settings, target: UpdateTarget): Closable {
  let stream: Closable | undefined
  let polling: Closable | undefined
  let flowing = false
  let headStart = settings.streaming

  const pollTarget: PollTarget = {
    revision: target.revision,
    pollIntervalMs: target.pollIntervalMs,
    polled(fetched: Fetched) {
      if (fetched.kind === 'refused') return refuse(fetched.status)
      if (fetched.kind === 'failed') return target.outOfReach(fetched.why)
      if (fetched.kind === 'snapshot') target.replace(fetched.snapshot, 'poll')
      target.current('poll')
    },
  }

  const streamTarget: StreamTarget = {
    revision: target.revision,
    replace: (snapshot) => target.replace(snapshot, 'stream'),
    patch: target.patch,
    verify: target.verify,
    flowing() {
      if (flowing) return
      flowing = true
      stopPolling()
      target.current('stream')
    },
    broken(failure: Failure) {
      flowing = false
      if (failure.kind === 'refused') return refuse(failure.status)
      settings.logger.info(`flagmarshal: stream lost, polling: ${failure.why}`)
      // Only the first time: a poll that is slow to answer must not be cut off by each failing stream.
      if (headStart && target.revision() === undefined) stopPolling()
      headStart = false
      const spreadMs = target.revision() === undefined ? 0 : Math.min(SPREAD_MS, target.pollIntervalMs())
      polling ??= startPolling(settings, pollTarget, Math.random() * spreadMs)
    },
  }

  polling = startPolling(settings, pollTarget, settings.streaming ? HEAD_START_MS : 0)
  if (settings.streaming) stream = keepStream(settings, streamTarget)
  return { close }

  function stopPolling(): void {
    polling?.close()
    polling = undefined
  }

  function close(): void {
    stream?.close()
    stopPolling()
  }

  function refuse(status: number): void {
    close()
    target.refused(status)
  }
}
