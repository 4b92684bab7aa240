/**
 * The stream: a snapshot, then patches as they happen, read until it ends and opened again.
 */
import type { Patch, Snapshot } from '@flagmarshal/evaluation'

import { backoffMs, pause } from './backoff.ts'
import type { Closable } from './closable.ts'
import { createDeadline } from './deadline.ts'
import { failureOf, reasonOf, send } from './endpoint.ts'
import type { Failure, Reach } from './endpoint.ts'
import { createEventParser } from './event-stream.ts'
import type { StreamEvent } from './event-stream.ts'
import { fetchSnapshot } from './poll.ts'
import { parsePatch, parseSnapshot } from './wire.ts'

/** What the stream tells, and what it must know for it. */
export interface StreamTarget {
  /** The revision in memory: the server goes on from it where it can. */
  readonly revision: () => number | undefined
  readonly replace: (snapshot: Snapshot) => void
  /** Answers whether the patch fitted; one that is already known fits. */
  readonly patch: (patch: Patch) => boolean
  /** The server asks what this instance makes of drafts. */
  readonly verify: (body: unknown) => void
  /** An event that SDKs do not know: an edge is told more. */
  readonly other?: (event: StreamEvent) => void
  /** The stream has brought something and memory is current. Told with each thing that arrives. */
  readonly flowing: () => void
  /** The stream ended, or did not open. It will be tried again unless the key was refused. */
  readonly broken: (failure: Failure) => void
}

/** Holds a stream open until it is closed or the key is refused. */
export function keepStream(settings: Reach, target: StreamTarget): Closable {
  const stop = new AbortController()
  void run()
  return { close: () => stop.abort() }

  async function run(): Promise<void> {
    const { backoff, settledMs } = settings.timings
    for (let failures = 0; !stop.signal.aborted;) {
      const openedAt = performance.now()
      const failure = await readStream(settings, target, stop.signal)
      if (stop.signal.aborted) return
      target.broken(failure)
      if (failure.kind === 'refused') return
      failures = performance.now() - openedAt >= settledMs ? 1 : failures + 1
      // The jitter comes on top of what the server asked for: it asks everybody for the same.
      await pause((failure.retryAfterMs ?? 0) + backoffMs(backoff, failures, Math.random()), stop.signal)
    }
  }
}

/** Opens one stream and reads it to its end; answers why it ended. Never rejects. */
async function readStream(settings: Reach, target: StreamTarget, signal: AbortSignal): Promise<Failure> {
  const deadline = createDeadline(signal, settings.timings.silenceMs)
  const headers: Record<string, string> = { accept: 'text/event-stream' }
  const revision = target.revision()
  if (revision !== undefined) headers['last-event-id'] = String(revision)
  try {
    const response = await send(settings, { path: '/stream', headers, signal: deadline.signal })
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel()
      return failureOf(response)
    }
    const parse = createEventParser()
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      deadline.refresh()
      for (const event of parse(text)) await take(settings, target, event, deadline.signal)
      if (target.revision() !== undefined) target.flowing()
    }
    return { kind: 'failed', why: 'the server ended the stream' }
  } catch (error) {
    return { kind: 'failed', why: reasonOf(error) }
  } finally {
    deadline.clear()
  }
}

/** Applies one event. What this SDK does not know is left alone, so that the server can add to it. */
async function take(
  settings: Reach,
  target: StreamTarget,
  event: StreamEvent,
  signal: AbortSignal,
): Promise<void> {
  if (event.type === 'snapshot') return target.replace(parseSnapshot(JSON.parse(event.data)))
  if (event.type === 'verify') return target.verify(JSON.parse(event.data))
  if (event.type !== 'patch') return target.other?.(event)
  const patch = parsePatch(JSON.parse(event.data))
  if (patch !== undefined && target.patch(patch)) return
  const fetched = await fetchSnapshot(settings, undefined, signal)
  if (fetched.kind === 'snapshot') return target.replace(fetched.snapshot)
  throw new Error(fetched.kind === 'failed' ? fetched.why : `the snapshot request was ${fetched.kind}`)
}
