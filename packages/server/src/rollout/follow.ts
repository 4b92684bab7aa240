/**
 * Following a rollout: decisions and windows each once and in order, and where it stands whenever
 * that changes.
 *
 * Each follower has a cursor of its own, the id of the last event: `d<decision>.w<window end>`. After a
 * reconnect it goes on from there, on whichever server. A stream lives for a quarter of an hour, so that
 * a token that holds no longer is noticed.
 */
import type { Rollout } from '@flagmarshal/api/rollout'
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectLatestMeasurements, selectMeasurementsAfter } from '../storage/measurements.ts'
import { liveView } from './live-view.ts'
import { seriesPoint } from './series.ts'
import { listDecisions, showRollout } from './show-rollout.ts'

/** Between two looks: a window, within these bounds. */
const SHORTEST_MS = 250
const LONGEST_MS = 2_000

/** A state is sent at least this often, so that a reader can tell silence from peace. */
const REPEAT_MS = 5_000

/** How long a stream lives. */
const LIFE_MS = 15 * 60_000

/** Windows that a first look brings, and that one look brings at most. */
const FIRST_WINDOWS = 60
const MOST_WINDOWS = 500

/** Windows that estimates are made from. */
const LATEST = 10

/** What a follower writes to. */
export interface LiveStream {
  send(event: { readonly event: string; readonly data: string; readonly id?: string }): boolean
  close(): void
  onClose(done: () => void): void
}

interface Cursor {
  readonly seq: number
  /** End of the last window that was sent, in ms since 1970. */
  readonly window: number
}

interface Parts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
}

/** Sends until the stream or its time ends. Never throws: trouble is an event. */
export async function followRollout(
  parts: Parts,
  key: { readonly project: string; readonly rollout: string; readonly last: string | undefined },
  stream: LiveStream,
): Promise<void> {
  const { clock, log } = parts
  const ended = new AbortController()
  stream.onClose(() => ended.abort())
  const until = clock.now().getTime() + LIFE_MS
  let cursor = parseCursor(key.last)
  let sent: { readonly said: string; readonly at: number } | undefined
  let waitMs = LONGEST_MS
  while (!ended.signal.aborted && clock.now().getTime() < until) {
    try {
      const look = await lookAt(parts, key, cursor)
      if (look === undefined) break
      cursor = look.cursor
      const id = `d${cursor.seq}.w${cursor.window}`
      for (const { event, data } of look.events) stream.send({ event, data, id })
      const at = clock.now().getTime()
      if (sent?.said !== look.said || at - sent.at >= REPEAT_MS) {
        stream.send({ event: 'state', data: look.state, id })
        sent = { said: look.said, at }
      }
      waitMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, look.windowMs))
    } catch (error) {
      log.warn({ err: error, rollout: key.rollout }, 'following a rollout failed')
      const message = 'The server cannot read the rollout at this moment; it tries again.'
      stream.send({ event: 'trouble', data: JSON.stringify({ message }) })
    }
    await clock.sleep(waitMs, ended.signal)
  }
  stream.close()
}

interface Look {
  readonly cursor: Cursor
  readonly events: readonly { readonly event: string; readonly data: string }[]
  readonly state: string
  /** What must differ for a state to be worth sending. */
  readonly said: string
  readonly windowMs: number
}

async function lookAt(
  { database }: Parts,
  { project, rollout: id }: { readonly project: string; readonly rollout: string },
  { seq, window }: Cursor,
): Promise<Look | undefined> {
  const { kysely } = database
  const decided = await listDecisions(database, project, id, { after: seq })
  const rollout = await showRollout(database, project, id)
  if (isRefusal(decided) || isRefusal(rollout)) return undefined
  const fresh =
    window === 0
      ? await selectLatestMeasurements(kysely, id, { limit: FIRST_WINDOWS })
      : await selectMeasurementsAfter(kysely, id, { after: new Date(window), limit: MOST_WINDOWS })
  const latest = await selectLatestMeasurements(kysely, id, { limit: LATEST })
  const points = fresh.map(seriesPoint)
  const live = liveView(rollout, latest.map(seriesPoint), await databaseNow(kysely))
  return {
    cursor: { seq: decided.at(-1)?.seq ?? seq, window: fresh.at(-1)?.end.getTime() ?? window },
    events: [
      ...decided.map((it) => ({ event: 'decision', data: JSON.stringify(it) })),
      ...(points.length === 0 ? [] : [{ event: 'windows', data: JSON.stringify({ points }) }]),
    ],
    state: JSON.stringify(live),
    said: `${sayingOf(rollout)} ${live.stale}`,
    windowMs: rollout.plan.windowMs,
  }
}

function sayingOf({ revision, watermark, state, instances, verification }: Rollout): string {
  return JSON.stringify([revision, watermark, state, instances, verification?.confirmed])
}

function parseCursor(last: string | undefined): Cursor {
  const found = /^d(\d{1,9})\.w(\d{1,15})$/.exec(last ?? '')
  return found === null ? { seq: 0, window: 0 } : { seq: Number(found[1]), window: Number(found[2]) }
}
