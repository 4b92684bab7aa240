import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { OpenFeature } from '@openfeature/server-sdk'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { fastifyFlags, fastifyGate } from './fastify.ts'

const soon = { timeout: 5_000, interval: 10 }
const client = OpenFeature.getClient()
let flagServer: FlagServer
let connection: Connection
let app: FastifyInstance

beforeAll(async () => {
  flagServer = await startFlagServer(
    [rolloutFlag('half', 50), rolloutFlag('all', 100), rolloutFlag('none', 0)],
    { telemetry: { flushIntervalMs: 30, pollIntervalMs: 15_000 } },
  )
  connection = createFlagmarshal({
    url: flagServer.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['middleware'],
  })
  await OpenFeature.setProviderAndWait(connection.provider)
})

beforeEach(async () => {
  app = Fastify()
  listening = undefined
  // What an earlier test counted is out of the way once two reports have come without it.
  const seen = flagServer.telemetry.length
  await vi.waitUntil(() => flagServer.telemetry.length > seen + 1, soon)
  flagServer.telemetry.length = 0
})

afterEach(() => app.close())

afterAll(async () => {
  await OpenFeature.close()
  await flagServer.stop()
})

const context = (request: FastifyRequest) => ({ targetingKey: String(request.headers['x-user'] ?? '') })
const cover = (instance: FastifyInstance) =>
  instance.register(fastifyFlags, { connection, context, slowMs: 50 })

/** Where the app listens; set by the first request of a test, after its routes are there. */
let listening: Promise<string> | undefined

async function get(path: string, user = 'ada', init: RequestInit = {}): Promise<Response> {
  listening ??= app.listen({ port: 0, host: '127.0.0.1' })
  const headers = new Headers(init.headers)
  headers.set('x-user', user)
  return fetch(`${await listening}${path}`, { ...init, headers })
}

function tally(flag: string): { n: number; bad: number; slow: number } {
  const rows = flagServer.telemetry.flatMap((report) => report.counts).filter((row) => row.flag === flag)
  const sum = (name: 'n' | 'bad' | 'slow') => rows.reduce((total, row) => total + row[name], 0)
  return { n: sum('n'), bad: sum('bad'), slow: sum('slow') }
}

describe('fastifyFlags', () => {
  it('gives each of many concurrent requests its own context, and counts each once', async () => {
    cover(app)
    app.get('/', async () => {
      const first = await client.getBooleanValue('half', false)
      await new Promise(setImmediate)
      return `${first} ${await client.getBooleanValue('half', false)}`
    })
    const users = Array.from({ length: 100 }, (_, i) => `user-${i}`)
    const answers = await Promise.all(users.map(async (user) => (await get('/', user)).text()))
    expect(new Set(answers)).toEqual(new Set(['true true', 'false false']))
    await expect.poll(() => tally('half').n, soon).toBe(100)
  })

  it('keeps the context of a request with a body', async () => {
    cover(app)
    app.post('/', async (request) => ({
      on: await client.getBooleanValue('all', false),
      size: JSON.stringify(request.body).length,
    }))
    const body = JSON.stringify({ text: 'x'.repeat(500_000) })
    const answer = await get('/', 'ada', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(await answer.json()).toEqual({ on: true, size: body.length })
    await expect.poll(() => tally('all').n, soon).toBe(1)
  })

  it('counts errors and 5xx as bad, and an error that is an answer not', async () => {
    cover(app)
    app.addHook('preHandler', async () => void (await client.getBooleanValue('all', false)))
    app.get('/thrown', async () => {
      throw new Error('the till is broken')
    })
    app.get('/answer', async () => {
      throw Object.assign(new Error('no such thing'), { statusCode: 404 })
    })
    app.get('/status', (_request, reply) => reply.code(503).send())
    app.get('/well', () => 'well')
    const statuses = []
    for (const path of ['/thrown', '/answer', '/status', '/well']) statuses.push((await get(path)).status)
    expect(statuses).toEqual([500, 404, 503, 200])
    await expect.poll(() => tally('all'), soon).toEqual({ n: 4, bad: 2, slow: 0 })
  })

  it('counts a slow answer as slow', async () => {
    cover(app)
    app.get('/', async () => {
      await client.getBooleanValue('all', false)
      const until = performance.now() + 60
      while (performance.now() < until) await new Promise(setImmediate)
      return 'late'
    })
    await get('/')
    await expect.poll(() => tally('all'), soon).toEqual({ n: 1, bad: 0, slow: 1 })
  })

  it('covers the instance that it is registered on and its children, and not its parent', async () => {
    app.get('/outside', async () => String(await client.getBooleanValue('half', false)))
    app.register(async (scope) => {
      cover(scope)
      scope.register(async (child) => {
        child.get('/child', async () => String(await client.getBooleanValue('all', false)))
      })
      scope.get('/inside', async () => String(await client.getBooleanValue('all', false)))
    })
    const answers = []
    for (const path of ['/outside', '/inside', '/child']) answers.push(await (await get(path)).text())
    expect(answers).toEqual(['false', 'true', 'true'])
    await expect.poll(() => tally('all').n, soon).toBe(2)
    expect(tally('half').n).toBe(0)
  })
})

describe('fastifyGate', () => {
  it('answers as a route that does not exist for those for whom the flag is off', async () => {
    cover(app)
    app.get('/open', { preHandler: fastifyGate('all', { otherwise: 404 }) }, () => 'new')
    app.get('/closed', { preHandler: fastifyGate('none', { otherwise: 404 }) }, () => 'new')
    app.get('/status', { preHandler: fastifyGate('none', { otherwise: 410 }) }, () => 'new')
    expect(await (await get('/open')).text()).toBe('new')
    const [closed, missing] = [await get('/closed'), await get('/missing')]
    expect(closed.status).toBe(404)
    const shape = async (answer: Response) => Object.keys((await answer.json()) as object)
    expect(await shape(closed)).toEqual(await shape(missing))
    expect((await get('/status')).status).toBe(410)
    await expect.poll(() => tally('none'), soon).toEqual({ n: 2, bad: 0, slow: 0 })
  })

  it('serves another handler, whether it returns or sends', async () => {
    cover(app)
    const returns = fastifyGate('none', { otherwise: () => ({ page: 'old' }) })
    const sends = fastifyGate('none', { otherwise: (_request, reply) => reply.code(201).send('old') })
    app.get('/returns', { preHandler: returns }, () => 'new')
    app.get('/sends', { preHandler: sends }, () => 'new')
    expect(await (await get('/returns')).json()).toEqual({ page: 'old' })
    const sent = await get('/sends')
    expect([sent.status, await sent.text()]).toEqual([201, 'old'])
  })
})
