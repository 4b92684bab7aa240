/**
 * R1 with processes: Debian's PostgreSQL, reached through TCP, is away under a running server, with a
 * real SDK connected and evaluations asked over HTTP without a pause.
 */
import { setTimeout as wait } from 'node:timers/promises'

import { Client as Connection } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startApplication } from '../../../tests/support/application.ts'
import type { Application } from '../../../tests/support/application.ts'
import { hasPostgres, startPostgres } from '../../../tests/support/postgres.ts'
import type { Postgres } from '../../../tests/support/postgres.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { startTcpProxy } from '../../../tests/support/tcp-proxy.ts'
import type { TcpProxy } from '../../../tests/support/tcp-proxy.ts'
import { newFlag } from './support/flags.ts'
import { startMortal } from './support/mortal.ts'
import type { Mortal } from './support/mortal.ts'
import { evaluateUntil, SERVED, serveGreeting, writeFlag } from './support/serving.ts'
import type { Evaluated, Written } from './support/serving.ts'

const { project, environment } = SERVED
/** How long the database is away. */
const AWAY_MS = howMuch(4_000, 60_000)
/** The promise: a write is refused within this time, and taken within it after the database is back. */
const PROMISED_MS = 2_000
/** What the machine itself is late by is no fault of the server; beside other tests it waits for it several times. */
const LATE = howMuch(5, 1)
/** Every evaluation was answered, and alike: the status and value of the flag, the status of the snapshot. */
const ALIKE = ['200 "value":true 200']
const LIMIT = { timeout: howMuch(150_000, 300_000) }

let postgres: Postgres
let proxy: TcpProxy
let server: Mortal
let application: Application
let key: string
const open = new AsyncDisposableStack()

describe.skipIf(!hasPostgres)('R1 while the database of a running server', () => {
  beforeAll(async () => {
    postgres = open.use(await startPostgres())
    proxy = open.use(await startTcpProxy(postgres.port))
    server = open.use(await startMortal(through(proxy)))
    key = await serveGreeting(server)
    application = open.use(
      await startApplication({
        address: server.address,
        key,
        environment,
        layers: ['backend'],
        flag: 'greeting',
      }),
    )
  })
  afterAll(() => open.disposeAsync())

  test(
    'has crashed, evaluations go on, writes are refused in time, and nothing needs a restart',
    LIMIT,
    async (context) => {
      const { evaluated, figures } = await goAway(
        () => postgres.crash(),
        () => postgres.start(),
      )
      expect(evaluated.distinct).toEqual(ALIKE)
      record(context, { done: `PostgreSQL crashed for ${AWAY_MS / 1_000} s`, times: 1, result: figures })
    },
  )

  test('is frozen, it is the same', LIMIT, async (context) => {
    const { evaluated, figures } = await goAway(
      async () => postgres.freeze(),
      async () => postgres.thaw(),
    )
    expect(evaluated.distinct).toEqual(ALIKE)
    record(context, {
      done: `PostgreSQL frozen (SIGSTOP) for ${AWAY_MS / 1_000} s`,
      times: 1,
      result: figures,
    })
  })

  test(
    'fails over to its standby, it is the same, and nothing acknowledged is lost',
    LIMIT,
    async (context) => {
      const standby = open.use(await postgres.standby())
      const params = { project }
      const before = expectOk(await server.admin.call('createFlag', { params, body: newFlag('last-words') }))
      const { evaluated, figures } = await goAway(
        () => postgres.crash(),
        async () => {
          await standby.promote()
          proxy.turnTo(standby.port)
        },
      )
      const flag = before.key
      expectOk(await server.admin.call('getFlag', { params: { project, flag } }))
      expect(evaluated.distinct).toEqual(ALIKE)
      record(context, {
        done: 'PostgreSQL lost, its standby promoted under the same name',
        times: 1,
        result: figures,
      })
      postgres = standby
    },
  )

  test('keeps a table locked, evaluations go on, and writes are refused as busy', LIMIT, async (context) => {
    await using holder = await lockFlags()
    const evaluating = evaluateUntil(server.address, key, AbortSignal.timeout(howMuch(3_000, 20_000)))
    const refused = await writeFlag(server.admin, 'behind-a-lock')
    expect([refused.status, refused.code]).toEqual([503, 'busy'])
    const { count, distinct } = await evaluating
    expect(distinct).toEqual(ALIKE)
    await holder.release()
    expectOk(await server.admin.call('createFlag', { params: { project }, body: newFlag('after-the-lock') }))
    const result = `0 of ${count} evaluations failed, the write got 503 after ${refused.ms} ms`
    record(context, { done: 'a table locked by somebody else', times: 1, result })
  })
})

test.skipIf(!hasPostgres)(
  'R1 a server that starts before its database says so, waits, and comes up with it',
  LIMIT,
  async (context) => {
    await using own = await startPostgres()
    await own.crash()
    await using way = await startTcpProxy(own.port)
    const settings = { FLAGMARSHAL_LOG_LEVEL: 'warn' }
    const rising = startMortal(through(way), { settings })
    await expect.poll(() => way.asked, { timeout: 60_000 }).toBeGreaterThan(1)
    await own.start()
    await using late = await rising
    expect(late.running.printed()).toContain('waiting for the database')
    expect((await fetch(`${late.address}/readyz`)).status).toBe(200)
    record(context, {
      done: 'a start before the database',
      times: 1,
      result: 'it waited, said so, and came up',
    })
  },
)

/** The database, reached through a proxy. */
function through({ port }: TcpProxy): string {
  return `postgresql://flagmarshal@127.0.0.1:${port}/postgres`
}

/** Takes the database away and brings it back; the figures, as text, once all that was promised held. */
async function goAway(
  leave: () => Promise<void>,
  comeBack: () => Promise<void>,
): Promise<{ evaluated: Evaluated; figures: string }> {
  const gone = new AbortController()
  const evaluating = evaluateUntil(server.address, key, gone.signal)
  await leave()
  const until = performance.now() + AWAY_MS
  const writes: Written[] = []
  let machineMs = 0
  do {
    const [written, plainMs] = await Promise.all([
      writeFlag(server.admin, `refused-${writes.length}`),
      plainAnswerMs(),
    ])
    writes.push(written)
    machineMs = Math.max(machineMs, plainMs)
    await wait(100)
  } while (performance.now() < until)
  const age = await stateWhileAway()
  await comeBack()
  const back = performance.now()
  await expect
    .poll(
      async () => {
        const [written, plainMs] = await Promise.all([writeFlag(server.admin, 'again'), plainAnswerMs()])
        machineMs = Math.max(machineMs, plainMs)
        return written.status
      },
      { timeout: 30_000, interval: 20 },
    )
    .not.toBe(503)
  const recoveredMs = Math.round(performance.now() - back)
  gone.abort()
  const evaluated = await evaluating

  expect([...application.served], 'the SDK never gave the default').toEqual([true])
  expect(new Set(writes.map(({ status, code }) => `${status} ${code}`))).toEqual(
    new Set(['503 database-unavailable']),
  )
  const slowestMs = Math.max(...writes.map((it) => it.ms))
  expect(slowestMs).toBeLessThan(PROMISED_MS + LATE * machineMs)
  expect(recoveredMs).toBeLessThan(PROMISED_MS + LATE * machineMs)
  const { heardAt, listedAt } = await followsAgain()
  const [heardMs, listedMs] = [heardAt, listedAt].map((it) => Math.round(it - back))
  const figures = `0 of ${evaluated.count} evaluations failed; ${writes.length} writes got 503, the slowest after ${slowestMs} ms (an answer that needs no database: up to ${machineMs} ms); age of the revision shown (${age} ms); writing again ${recoveredMs} ms after it was back, the SDK had a change after ${heardMs} ms, its stream was listed after ${listedMs} ms`
  return { evaluated, figures }
}

/** How long an answer takes that needs nothing but the machine. */
async function plainAnswerMs(): Promise<number> {
  const began = performance.now()
  await fetch(`${server.address}/healthz`)
  return Math.round(performance.now() - began)
}

/** What the server says about itself; answers how old its revision is, in milliseconds. */
async function stateWhileAway(): Promise<number> {
  expect((await fetch(`${server.address}/healthz`)).status).toBe(200)
  const ready = await fetch(`${server.address}/readyz`)
  const state = await ready.json()
  expect([ready.status, state]).toMatchObject([503, { database: { ok: false }, delivery: { ok: true } }])
  const metrics = await (await fetch(`${server.address}/metrics`)).text()
  const seconds = Number(/^flagmarshal_revision_age_seconds (\S+)$/m.exec(metrics)?.[1])
  expect(seconds * 1_000).toBeGreaterThan(AWAY_MS / 2)
  return Math.round(seconds * 1_000)
}

/** How many instances the server lists with an open stream. */
async function streams(): Promise<number> {
  const listed = await server.admin.call('listInstances', { params: { project, environment } })
  return expectOk(listed).items.filter((it) => it.streamOpen).length
}

/** The SDK hears of what is changed now, and the chain is whole; when it had heard, and was listed. */
async function followsAgain(): Promise<{ readonly heardAt: number; readonly listedAt: number }> {
  const before = application.connection.revision ?? 0
  await expect
    .poll(async () => (await writeFlag(server.admin, `heard-${before}`)).status, { timeout: 10_000 })
    .not.toBe(503)
  await expect.poll(() => application.connection.revision ?? 0, { timeout: 20_000 }).toBeGreaterThan(before)
  const heardAt = performance.now()
  // A kill would count it.
  await expect.poll(streams, { timeout: 30_000 }).toBe(1)
  const listedAt = performance.now()
  expect(expectOk(await server.admin.call('verifyAudit', { params: { project } }))).toMatchObject({
    ok: true,
  })
  return { heardAt, listedAt }
}

/** Holds what every creation of a flag needs, until it is released. */
async function lockFlags() {
  const client = new Connection({ connectionString: postgres.url })
  await client.connect()
  await client.query('begin; lock table flags in access exclusive mode')
  let held = true
  const release = async () => {
    if (held) await client.end()
    held = false
  }
  return { release, [Symbol.asyncDispose]: release }
}
