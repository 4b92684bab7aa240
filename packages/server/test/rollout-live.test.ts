/** A rollout as it happens: the stream, the series, the decisions of a project. */
import { createClient } from '@flagmarshal/api'
import type { RolloutDecision } from '@flagmarshal/api/rollout'
import { RolloutLive } from '@flagmarshal/api/rollout-live'
import type { SeriesPoint } from '@flagmarshal/api/rollout-live'
import { Client as Postgres } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ADMIN_TOKEN, expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createTestClock } from './support/clock.ts'
import { openEvents } from './support/events.ts'
import { createApprovals, place, start, until } from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'
import type { Traffic } from './support/traffic.ts'

const clock = createTestClock()
let server: TestServer
let at: Place
let traffic: Traffic
let id: string

beforeAll(async () => {
  const approvals = createApprovals()
  server = await startServer({ rolloutPorts: approvals, clock })
  at = await place(server, 'live')
  traffic = await startTraffic(at, { badShare: () => 0.01 })
  id = await start(at, approvals.approve(at.flag))
})
afterAll(async () => {
  await traffic.stop()
  await server.close()
})

interface Heard {
  readonly decisions: RolloutDecision[]
  readonly points: SeriesPoint[]
  readonly states: RolloutLive[]
  last: string | undefined
}

/** Follows until it was heard enough; after `last`, as a client does that reconnects. */
async function follow(enough: (heard: Heard) => boolean, last?: string): Promise<Heard> {
  const heard: Heard = { decisions: [], points: [], states: [], last }
  const leaving = new AbortController()
  const client = createClient({ server: server.address, token: ADMIN_TOKEN })
  let text = ''
  const path = `/api/v1/projects/${at.project}/rollouts/${id}/live`
  for await (const chunk of client.stream(path, leaving.signal, last)) {
    const parts = (text + chunk).split('\n\n')
    text = parts.pop() ?? ''
    for (const part of parts) hear(heard, part)
    if (enough(heard)) break
  }
  leaving.abort()
  return heard
}

function hear(heard: Heard, part: string): void {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1]
  const [event, data] = [field('event'), field('data')]
  heard.last = field('id') ?? heard.last
  if (data === undefined) return
  const value = JSON.parse(data)
  if (event === 'decision') heard.decisions.push(value)
  if (event === 'windows') heard.points.push(...value.points)
  if (event === 'state') heard.states.push(RolloutLive.parse(value))
}

describe('following a rollout', () => {
  it('brings decisions and windows once and in order, across a reconnect, and each verdict with its arithmetic', async () => {
    const first = await follow(({ states }) => states.at(-1)?.rollout.state === 'running')
    const second = await follow(({ states }) => states.at(-1)?.rollout.state === 'completed', first.last)
    const decisions = [...first.decisions, ...second.decisions]
    expect(decisions.map(({ seq }) => seq)).toEqual(decisions.map((_, index) => index + 1))
    expect(decisions.at(-1)?.kind).toBe('complete')
    const ends = [...first.points, ...second.points].map(({ end }) => Date.parse(end))
    expect(new Set(ends.slice(1).map((end, index) => end - (ends[index] ?? 0)))).toEqual(new Set([200]))

    const running = second.states.filter(({ rollout }) => rollout.state === 'running')
    const judged = running.find(({ rollout }) => (rollout.verdicts[0]?.safe?.logE ?? 0) > 0)
    expect(judged?.rollout.verdicts[0]).toMatchObject({
      criterion: 'errors',
      exposed: { n: expect.any(Number) },
      harm: { needed: expect.any(Number), phi: 2 },
      safe: { ceiling: 0.05 },
    })
    expect(judged?.progress[0]?.go).toBeGreaterThan(0)
    expect(judged?.next.who).toEqual([])
    expect(judged?.stale).toBe(false)
    expect(second.states.at(-1)?.next.what).toContain('it has reached everybody')
  })

  it('is refused for what does not exist', async () => {
    const path = `/api/v1/projects/${at.project}/rollouts/rollout_none/live`
    const answer = await fetch(`${server.address}${path}`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    expect(answer.status).toBe(404)
    await answer.body?.cancel()
  })
})

describe('what is there to look back', () => {
  it('a series of the latest windows, with thresholds and annotations', async () => {
    await until(at, id, ({ state }) => state === 'completed')
    const params = { project: at.project, rollout: id }
    const series = expectOk(
      await server.admin.call('showRolloutSeries', { params, query: { windows: '15' } }),
    )
    expect(series).toMatchObject({
      windowMs: 200,
      criteria: [{ criterion: 'errors', ceiling: 0.05, hardFloor: 0.5 }],
    })
    expect(series.points).toHaveLength(15)
    expect(series.points.at(-1)?.criteria[0]?.exposed?.n).toBeGreaterThan(0)
    expect(series.needed).toEqual({ harm: Math.log(1 / 0.001), safe: Math.log(1 / 0.01) })
    const whole = await server.admin.call('showRolloutSeries', { params, query: { windows: '2000' } })
    const lines = expectOk(whole).points.map((it) => it.criteria[0]?.logE ?? null)
    expect(lines[0], 'nobody was exposed').toBeNull()
    const absolute = lines.flatMap((it) => it?.absolute ?? [])
    expect(absolute.length).toBeGreaterThan(10)
    expect(absolute.at(-1), 'healthy: it has come to the threshold').toBeGreaterThan(series.needed.safe)
    expect(series.annotations.at(-1)).toMatchObject({ kind: 'complete' })
  })

  it('the decisions of the project, newest first, filtered, page by page', async () => {
    const params = { project: at.project }
    const whole = expectOk(await server.admin.call('listDecisions', { params, query: {} }))
    expect(whole.next).toBeNull()
    expect(whole.items.map(({ seq }) => seq)).toEqual(
      whole.items.map((_, index) => whole.items.length - index),
    )
    const paged: number[] = []
    let cursor: string | undefined
    do {
      const query = { limit: '2', ...(cursor === undefined ? {} : { cursor }) }
      const page = expectOk(await server.admin.call('listDecisions', { params, query }))
      paged.push(...page.items.map(({ seq }) => seq))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    expect(paged).toEqual(whole.items.map(({ seq }) => seq))
    const completions = await server.admin.call('listDecisions', {
      params,
      query: { kind: 'complete', feature: at.flag },
    })
    expect(expectOk(completions).items).toMatchObject([{ rollout: id, kind: 'complete', attempt: 1 }])
    const wrong = await server.admin.call('listDecisions', { params, query: { cursor: 'x' } })
    expect(expectProblem(wrong).code).toBe('cursor-unknown')
  })

  it('windows for 30 days; decisions stay', async () => {
    const database = new Postgres({ connectionString: server.databaseUrl })
    await database.connect()
    await database.query(
      `insert into measurements (rollout, window_end, measured, exposed, requests)
       select $1, now() - make_interval(days => age), '[]', 0, 0 from unnest(array[29, 31]) as age`,
      [id],
    )
    const ages = async () => {
      const answer = await database.query<{ days: number }>(
        "select extract(day from now() - window_end)::int as days from measurements where window_end < now() - interval '1 day'",
      )
      return answer.rows.map((it) => it.days)
    }
    expect(await ages()).toHaveLength(2)
    clock.advance(600_000)
    await expect.poll(ages).toEqual([29])
    await database.end()
  })
})

describe('the stream', () => {
  it('ends when the token of whoever follows is revoked, or the role taken away', async () => {
    const path = `${server.address}/api/v1/projects/${at.project}/rollouts/${id}/live`
    const [gone, demoted, staying] = [
      await server.person('viewer'),
      await server.person('viewer'),
      await server.person('viewer'),
    ]
    const streams = await Promise.all(
      [gone, demoted, staying].map((it) => openEvents(path, { authorization: `Bearer ${it.token}` })),
    )
    expectOk(await server.admin.call('disablePerson', { params: { person: gone.id } }))
    const params = { person: demoted.id }
    expectOk(await server.admin.call('changeRoles', { params, body: { roles: [], seen: ['viewer'] } }))
    await Promise.all([streams[0]?.ended, streams[1]?.ended])
    expect(await Promise.race([streams[2]?.ended, Promise.resolve('open')])).toBe('open')
    await streams[2]?.close()
  }, 20_000)
})
