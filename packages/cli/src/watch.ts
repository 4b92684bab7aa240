/**
 * Following a rollout until it ended: each decision once, as a line; on a terminal a picture below them
 * that says where it stands, how far the evidence is, and plainly when nothing is heard any more.
 * With `--json` each event is a line of JSON.
 */
import { setTimeout as delay } from 'node:timers/promises'

import type { RolloutDecision } from '@flagmarshal/api/rollout'
import type { RolloutLive, SeriesPoint } from '@flagmarshal/api/rollout-live'

import { readEvents } from './events.ts'
import type { ServerEvent } from './events.ts'
import { failureOf } from './failure.ts'
import type { Rollout } from './rollout-view.ts'
import { SCHEMA } from './session.ts'
import type { Session } from './session.ts'
import { picture } from './watch-view.ts'
import type { Seen } from './watch-view.ts'

const ENDED: readonly Rollout['state'][] = ['completed', 'rolled_back', 'rollback_failed', 'aborted']

/** Points of a sparkline. */
const POINTS = 40

/** Between two tries to connect again. */
const RETRY_MS = 1_000

interface Address {
  readonly project: string
  readonly rollout: string
}

/** Watches a rollout; answers it as it ended. `everyMs`: how often the picture is drawn. */
export async function watch(session: Session, params: Address, everyMs: number): Promise<Rollout> {
  // What is wrong for good, a wrong name or a wrong token, is said before anything is followed.
  await session.call('showRollout', { params })
  const screen = openScreen(session, everyMs)
  try {
    let last: string | undefined
    for (;;) {
      const connection = new AbortController()
      try {
        for await (const event of readEvents(
          session.client.stream(pathOf(params), connection.signal, last),
        )) {
          last = event.id ?? last
          const ended = screen.take(event)
          if (ended !== undefined) return ended
        }
      } catch (error) {
        screen.lost(error instanceof Error ? error.message : String(error))
      } finally {
        connection.abort()
      }
      await delay(RETRY_MS)
      await stillAllowed(session, params)
    }
  } finally {
    screen.close()
  }
}

/** Trying again helps against an outage, not against a token that holds no longer. */
async function stillAllowed(session: Session, params: Address): Promise<void> {
  const outcome = await session.client.call('showRollout', { params })
  if (!outcome.ok && FINAL.has(outcome.problem.status)) throw failureOf(outcome.problem)
}

const FINAL: ReadonlySet<number> = new Set([401, 403, 404])

function pathOf({ project, rollout }: Address): string {
  return `/api/v1/projects/${encodeURIComponent(project)}/rollouts/${encodeURIComponent(rollout)}/live`
}

interface Screen {
  /** Takes an event in; answers the rollout once it has ended. */
  take(event: ServerEvent): Rollout | undefined
  /** The connection is gone. */
  lost(why: string): void
  close(): void
}

function openScreen(session: Session, everyMs: number): Screen {
  const { streams, json } = session
  const drawn = streams.terminal && !session.quiet && !json
  let seen: Seen = { points: [], heardAt: Date.now() }
  let lines = 0
  let toldLost = false

  function clear(): void {
    if (lines > 0) streams.err(`\u001B[${lines}A\r\u001B[J`)
    lines = 0
  }
  function draw(): void {
    if (!drawn) return
    clear()
    const text = picture(seen, { colour: streams.colour, columns: streams.columns ?? 80, now: Date.now() })
    streams.err(`${text.join('\n')}\n`)
    lines = text.length
  }
  function say(line: string): void {
    clear()
    session.say(line)
    draw()
  }
  const timer = drawn ? setInterval(draw, everyMs) : undefined

  return {
    take({ event, data }) {
      if (event === '') return undefined
      if (json) streams.out(`${JSON.stringify({ schema: SCHEMA, event, data })}\n`)
      seen = { ...seen, heardAt: Date.now(), lost: undefined }
      toldLost = false
      // The server checks its answers against these shapes in its tests.
      if (event === 'decision' && !json) say(decisionLine(data as RolloutDecision))
      if (event === 'windows') {
        const { points } = data as { points: SeriesPoint[] }
        seen = { ...seen, points: [...seen.points, ...points].slice(-POINTS) }
      }
      if (event === 'trouble') seen = { ...seen, lost: (data as { message: string }).message }
      if (event !== 'state') return undefined
      const live = data as RolloutLive
      seen = { ...seen, live }
      draw()
      return ENDED.includes(live.rollout.state) ? live.rollout : undefined
    },
    lost(why) {
      seen = { ...seen, lost: why }
      if (!drawn && !toldLost) session.say(`The connection is lost; trying again: ${why}`)
      toldLost = true
      draw()
    },
    close() {
      clearInterval(timer)
      clear()
    },
  }
}

function decisionLine({ at, kind, from, to, sentence }: RolloutDecision): string {
  return `${at}  ${kind}: ${from} → ${to}  ${sentence}`
}
