/** What Express and Hono have in common: one application, written once for each of them. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { serve } from '@hono/node-server'
import { OpenFeature } from '@openfeature/server-sdk'
import express from 'express'
import type { NextFunction, Request as ExpressRequest, Response as ExpressResponse } from 'express'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { expressErrors, expressFlags, expressGate } from './express.ts'
import { honoFlags, honoGate } from './hono.ts'

// A loaded machine is no failure.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })
const soon = { timeout: 20_000, interval: 10 }
const client = OpenFeature.getClient()
let flagServer: FlagServer
let connection: Connection
let server: Server

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

afterAll(async () => {
  await OpenFeature.close()
  await flagServer.stop()
})

/** What a request did, in words that both frameworks share. */
async function twice(): Promise<string> {
  const first = await client.getBooleanValue('half', false)
  await new Promise(setImmediate)
  return `${first} ${await client.getBooleanValue('half', false)}`
}
const ask = () => client.getBooleanValue('all', false)
async function late(): Promise<string> {
  await ask()
  const until = performance.now() + 60
  while (performance.now() < until) await new Promise(setImmediate)
  return 'late'
}

function expressShop(): Promise<Server> {
  const app = express()
  const context = (request: ExpressRequest) => ({ targetingKey: request.get('x-user') ?? '' })
  app.use(expressFlags({ connection, context, slowMs: 50 }), express.json({ limit: '1mb' }))
  app.get('/twice', async (_request, response) => void response.send(await twice()))
  app.post('/body', async (request, response) => {
    response.json({ on: await ask(), size: JSON.stringify(request.body).length })
  })
  app.get('/late', async (_request, response) => void response.send(await late()))
  app.use(async (_request, _response, next) => {
    await ask()
    next()
  })
  app.get('/thrown', async () => {
    throw new Error('the till is broken')
  })
  app.get('/answer', () => {
    throw Object.assign(new Error('no such thing'), { status: 404 })
  })
  app.get('/status', (_request, response) => void response.sendStatus(503))
  app.get('/apology', () => {
    throw new Error('the till is broken')
  })
  const shown = (_request: ExpressRequest, response: ExpressResponse) => void response.send('new')
  app.get('/open', expressGate('all', { otherwise: 404 }), shown)
  app.use('/closed', expressGate('none', { otherwise: 404 }), shown)
  app.get('/other', expressGate('none', { otherwise: (_, response) => void response.send('old') }), shown)
  app.use(expressErrors)
  app.use((error: Error, request: ExpressRequest, response: ExpressResponse, next: NextFunction) => {
    if (request.path === '/apology') response.status(200).send('sorry')
    // Express logs what nobody answers.
    else if (error.message === 'the till is broken') response.sendStatus(500)
    else next(error)
  })
  return listening(createServer(app).listen(0, '127.0.0.1'))
}

function honoShop(): Promise<Server> {
  const app = new Hono()
  const context = (it: Context) => ({ targetingKey: it.req.header('x-user') ?? '' })
  app.use(honoFlags({ connection, context, slowMs: 50 }))
  app.get('/twice', async (it) => it.text(await twice()))
  app.post('/body', async (it) => {
    const body: unknown = await it.req.json()
    return it.json({ on: await ask(), size: JSON.stringify(body).length })
  })
  app.get('/late', async (it) => it.text(await late()))
  app.use(async (_, next) => {
    await ask()
    await next()
  })
  app.get('/thrown', () => {
    throw new Error('the till is broken')
  })
  app.get('/answer', () => {
    throw new HTTPException(404)
  })
  app.get('/status', (it) => it.body(null, 503))
  app.get('/apology', () => {
    throw new Error('the till is broken')
  })
  app.get('/open', honoGate('all', { otherwise: 404 }), (it) => it.text('new'))
  app.get('/closed', honoGate('none', { otherwise: 404 }), (it) => it.text('new'))
  app.get('/other', honoGate('none', { otherwise: (it) => it.text('old') }), (it) => it.text('new'))
  app.onError((error, it) => {
    if (error instanceof HTTPException) return error.getResponse()
    return it.req.path === '/apology' ? it.text('sorry') : it.text('failed', 500)
  })
  // Plain HTTP/1.1 was asked for.
  return listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
}

async function listening(it: Server): Promise<Server> {
  if (!it.listening) await new Promise((resolve) => it.once('listening', resolve))
  return it
}

describe.each([
  ['Express', expressShop],
  ['Hono', honoShop],
])('flags for %s', (_name, open) => {
  beforeEach(async () => {
    server = await open()
    // What an earlier test counted is out of the way once two reports have come without it.
    const seen = flagServer.telemetry.length
    await vi.waitUntil(() => flagServer.telemetry.length > seen + 1, soon)
    flagServer.telemetry.length = 0
  })
  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })

  async function get(path: string, user = 'ada', init: RequestInit = {}): Promise<Response> {
    // A TCP server's address is an object.
    const { port } = server.address() as AddressInfo
    const headers = new Headers(init.headers)
    headers.set('x-user', user)
    return await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers })
  }

  function tally(flag: string): { n: number; bad: number; slow: number } {
    const rows = flagServer.telemetry.flatMap((report) => report.counts).filter((row) => row.flag === flag)
    const sum = (name: 'n' | 'bad' | 'slow') => rows.reduce((total, row) => total + row[name], 0)
    return { n: sum('n'), bad: sum('bad'), slow: sum('slow') }
  }

  it('gives each of many concurrent requests its own context, and counts each once', async () => {
    const users = Array.from({ length: 100 }, (_, i) => `user-${i}`)
    const answers = await Promise.all(users.map(async (user) => (await get('/twice', user)).text()))
    expect(new Set(answers)).toEqual(new Set(['true true', 'false false']))
    await expect.poll(() => tally('half').n, soon).toBe(100)
  })

  it('keeps the context of a request with a body', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(500_000) })
    const headers = { 'content-type': 'application/json' }
    const answer = await get('/body', 'ada', { method: 'POST', body, headers })
    expect(await answer.json()).toEqual({ on: true, size: body.length })
    await expect.poll(() => tally('all').n, soon).toBe(1)
  })

  it('counts what a handler threw and 5xx as bad, whatever it is answered with, and an answer not', async () => {
    const statuses = []
    for (const path of ['/thrown', '/answer', '/status', '/apology', '/open'])
      statuses.push((await get(path)).status)
    expect(statuses).toEqual([500, 404, 503, 200, 200])
    await expect.poll(() => tally('all'), soon).toEqual({ n: 5, bad: 3, slow: 0 })
  })

  it('counts a slow answer as slow', async () => {
    await get('/late')
    await expect.poll(() => tally('all'), soon).toEqual({ n: 1, bad: 0, slow: 1 })
  })

  it('opens a gate to those for whom the flag is on, and answers everybody else as it was told', async () => {
    expect(await (await get('/open')).text()).toBe('new')
    expect((await get('/closed')).status).toBe(404)
    expect(await (await get('/other')).text()).toBe('old')
    await expect.poll(() => tally('none'), soon).toEqual({ n: 2, bad: 0, slow: 0 })
  })
})

describe('flags for Hono without a server of Node', () => {
  it('counts a request once its handler has answered', async () => {
    const app = new Hono()
    app.use(honoFlags({ connection, context: () => ({ targetingKey: 'ada' }) }))
    app.get('/', async (it) => it.text(String(await ask())))
    const seen = flagServer.telemetry.length
    expect(await (await app.request('/')).text()).toBe('true')
    const counted = () => flagServer.telemetry.slice(seen).flatMap((report) => report.counts)
    await expect.poll(() => counted().find((it) => it.flag === 'all')?.n, soon).toBe(1)
  })
})
