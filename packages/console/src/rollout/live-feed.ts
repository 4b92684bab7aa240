/**
 * A rollout as it happens, from its stream: reconnects after what was heard last, and knows how long
 * nothing has been heard, so that a page can say that what it shows is old.
 */
import type { RolloutDecision } from '@flagmarshal/api/rollout'
import type { RolloutLive, SeriesPoint } from '@flagmarshal/api/rollout-live'
import { useEffect, useState } from 'react'

import { client } from '../query.ts'
import { createEventReader } from './event-text.ts'
import type { ReadEvent } from './event-text.ts'

/** Windows that are kept for the charts. */
const KEPT_POINTS = 2_000

/** Between two tries to connect: from the first to the longest. */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 8_000

/** The server repeats the state every 5 s; later than this something is wrong. */
export const SILENT_MS = 13_000

export interface Feed {
  readonly live: RolloutLive | undefined
  /** When the state was last heard, by the browser's clock; 0 before it was. */
  readonly heardAt: number
  /** Oldest first. */
  readonly points: readonly SeriesPoint[]
  /** In order. */
  readonly decisions: readonly RolloutDecision[]
  readonly connected: boolean
  /** What the server or the network says is wrong. */
  readonly trouble: string | undefined
}

const NOTHING: Feed = {
  live: undefined,
  heardAt: 0,
  points: [],
  decisions: [],
  connected: false,
  trouble: undefined,
}

/** Follows one rollout while the page lives. */
export function useLiveFeed(project: string, rollout: string): Feed {
  const [feed, setFeed] = useState(NOTHING)
  useEffect(() => {
    const leaving = new AbortController()
    setFeed(NOTHING)
    void follow(`/api/v1/projects/${project}/rollouts/${rollout}/live`, leaving.signal, (change) =>
      setFeed((before) => change(before)),
    )
    return () => leaving.abort()
  }, [project, rollout])
  return feed
}

type Change = (before: Feed) => Feed

async function follow(path: string, signal: AbortSignal, tell: (change: Change) => void): Promise<void> {
  let last: string | undefined
  let waitMs = FIRST_WAIT_MS
  while (!signal.aborted) {
    try {
      const read = createEventReader()
      for await (const chunk of client.stream(path, signal, last)) {
        const events = read(chunk)
        last = events.findLast((it) => it.id !== undefined)?.id ?? last
        waitMs = FIRST_WAIT_MS
        tell((before) => events.reduce(heard, { ...before, connected: true }))
      }
      tell((before) => ({ ...before, connected: false }))
    } catch (error) {
      if (signal.aborted) return
      const trouble = error instanceof Error ? error.message : String(error)
      tell((before) => ({ ...before, connected: false, trouble }))
    }
    await wait(waitMs, signal)
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)
  }
}

/** The feed after one event. */
function heard(before: Feed, { event, data }: ReadEvent): Feed {
  // The server checks its own answers against their schemas in its tests.
  const value: unknown = JSON.parse(data)
  switch (event) {
    case 'state':
      return { ...before, live: value as RolloutLive, heardAt: Date.now(), trouble: undefined }
    case 'windows': {
      const { points } = value as { points: SeriesPoint[] }
      return { ...before, points: joined(before.points, points) }
    }
    case 'decision': {
      const decision = value as RolloutDecision
      const known = before.decisions.some((it) => it.seq === decision.seq)
      return known ? before : { ...before, decisions: [...before.decisions, decision] }
    }
    case 'trouble':
      return { ...before, trouble: (value as { message: string }).message }
    default:
      return before
  }
}

/** Two lists of windows as one, each window once, oldest first. */
export function joined(a: readonly SeriesPoint[], b: readonly SeriesPoint[]): readonly SeriesPoint[] {
  const byEnd = new Map([...a, ...b].map((it) => [it.end, it]))
  return [...byEnd.values()].toSorted((x, y) => x.end.localeCompare(y.end)).slice(-KEPT_POINTS)
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
