import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createFlagmarshal } from '@flagmarshal/sdk-server'
import type { Connection } from '@flagmarshal/sdk-server'
import { AsyncLocalStorageTransactionContextPropagator, OpenFeature } from '@openfeature/server-sdk'
import type { EvaluationContext } from '@openfeature/server-sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import { booleanFlag, rolloutFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import type { FlagServer } from '../../../../tests/support/flag-server.ts'
import { gate, withFlags } from './http.ts'
import type { HttpHandler } from './http.ts'
import type { FlagsOptions } from './options.ts'

const soon = { timeout: 5_000, interval: 10 }
const client = OpenFeature.getClient()
const logged: string[] = []
const apps: Server[] = []
let flagServer: FlagServer
let connection: Connection

const half = rolloutFlag('half', 50)

beforeAll(async () => {
  flagServer = await startFlagServer(
    [half, rolloutFlag('all', 100), rolloutFlag('none', 0), booleanFlag('plain')],
    { telemetry: { flushIntervalMs: 30, pollIntervalMs: 15_000 } },
  )
  const log = (message: unknown): void => void logged.push(String(message))
  connection = createFlagmarshal({
    url: flagServer.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['middleware'],
    logger: { error: log, warn: log, info() {}, debug() {} },
  })
  await OpenFeature.setProviderAndWait(connection.provider)
})

beforeEach(async () => {
  // What an earlier test counted is out of the way once two reports have come without it.
  await nextReports()
  flagServer.telemetry.length = 0
  logged.length = 0
})

afterEach(() => {
  for (const app of apps.splice(0)) {
    app.close()
    app.closeAllConnections()
  }
})

afterAll(async () => {
  await OpenFeature.close()
  await flagServer.stop()
})

/** Resolves when everything that has been counted so far has been reported. */
async function nextReports(): Promise<void> {
  const seen = flagServer.telemetry.length
  await vi.waitUntil(() => flagServer.telemetry.length > seen + 1, soon)
}

const context = (request: IncomingMessage) => ({ targetingKey: String(request.headers['x-user'] ?? '') })

async function serve(
  handler: HttpHandler,
  options: Partial<FlagsOptions<IncomingMessage>> = {},
): Promise<string> {
  const app = createServer(withFlags(connection, { context, ...options }, handler))
  apps.push(app)
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  // A server that listens on TCP has an address object.
  return `http://127.0.0.1:${(app.address() as AddressInfo).port}`
}

const get = (url: string, user = 'ada') => fetch(url, { headers: { 'x-user': user } })

function tally(flag: string): { n: number; bad: number; slow: number; arms: readonly string[] } {
  const rows = flagServer.telemetry.flatMap((report) => report.counts).filter((row) => row.flag === flag)
  const sum = (name: 'n' | 'bad' | 'slow') => rows.reduce((total, row) => total + row[name], 0)
  const arms = [...new Set(rows.map((row) => row.arm))].toSorted()
  return { n: sum('n'), bad: sum('bad'), slow: sum('slow'), arms }
}

const answerFlag =
  (flag: string): HttpHandler =>
  async (_request, response) => {
    response.end(String(await client.getBooleanValue(flag, false)))
  }

describe('withFlags', () => {
  it('gives each of many concurrent requests its own context, and counts each once', async () => {
    const url = await serve(async (_request, response) => {
      const first = await client.getBooleanValue('half', false)
      await new Promise(setImmediate)
      const second = await client.getBooleanValue('half', false)
      response.end(`${first} ${second}`)
    })
    const users = Array.from({ length: 200 }, (_, i) => `user-${i}`)
    const answers = await Promise.all(users.map(async (user) => (await get(url, user)).text()))
    const expected = users.map((targetingKey) => {
      const answer = connection.evaluate('half', 'boolean', { targetingKey })
      const value = 'errorCode' in answer ? answer.errorCode : JSON.stringify(answer.value)
      return `${value} ${value}`
    })
    expect(answers).toEqual(expected)
    expect(new Set(answers)).toEqual(new Set(['true true', 'false false']))
    await expect
      .poll(() => tally('half'), soon)
      .toEqual({ n: 200, bad: 0, slow: 0, arms: ['control', 'exposed'] })
  })

  it('keeps the context for a handler that collects the body in callbacks', async () => {
    const url = await serve((request, response) => {
      let size = 0
      request.on('data', (chunk: Buffer) => (size += chunk.length))
      request.on('end', () => {
        void client.getBooleanValue('all', false).then((value) => response.end(`${size} ${value}`))
      })
    })
    const body = 'x'.repeat(500_000)
    const answer = await fetch(url, { method: 'POST', body, headers: { 'x-user': 'ada' } })
    expect(await answer.text()).toBe('500000 true')
    await expect.poll(() => tally('all').n, soon).toBe(1)
  })

  it('answers 500 for a handler that throws, and counts the request as bad in its arm', async () => {
    const url = await serve(async (request) => {
      await client.getBooleanValue('half', false)
      if (request.url === '/fail') throw new Error('the till is broken')
      throw Object.assign(new Error('no such thing'), { statusCode: 404 })
    })
    expect((await get(`${url}/fail`)).status).toBe(500)
    await expect.poll(() => tally('half'), soon).toMatchObject({ n: 1, bad: 1 })
    expect(logged).toEqual(['flagmarshal: a request handler threw'])
  })

  it('catches a handler that throws synchronously, or after it has begun to answer', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/begun') response.write('half of it')
      throw new Error('synchronous')
    })
    expect((await get(url)).status).toBe(500)
    await expect(get(`${url}/begun`).then((answer) => answer.text())).rejects.toThrow(TypeError)
  })

  it('counts 5xx as bad, 4xx not, and lets a predicate decide otherwise', async () => {
    const handler: HttpHandler = async (request, response) => {
      await client.getBooleanValue('all', false)
      response.writeHead(Number(request.url?.slice(1))).end()
    }
    const usual = await serve(handler)
    for (const status of [200, 404, 500, 503]) await get(`${usual}/${status}`)
    await expect.poll(() => tally('all'), soon).toMatchObject({ n: 4, bad: 2 })
    const strict = await serve(handler, { isBad: ({ statusCode }) => statusCode === 404 })
    for (const status of [200, 404, 500, 503]) await get(`${strict}/${status}`)
    await expect.poll(() => tally('all'), soon).toMatchObject({ n: 8, bad: 3 })
    const broken = await serve(handler, {
      isBad: () => {
        throw new Error('a predicate of the application')
      },
    })
    await get(`${broken}/500`)
    await expect.poll(() => tally('all'), soon).toMatchObject({ n: 9, bad: 4 })
  })

  it('counts a request as slow when its answer takes longer than the bound', async () => {
    const handler: HttpHandler = async (request, response) => {
      await client.getBooleanValue('all', false)
      const until = performance.now() + (request.url === '/slow' ? 60 : 0)
      while (performance.now() < until) await new Promise(setImmediate)
      response.end()
    }
    const url = await serve(handler, { slowMs: 50 })
    await get(`${url}/slow`)
    await get(`${url}/quick`)
    await expect.poll(() => tally('all'), soon).toMatchObject({ n: 2, slow: 1 })
  })

  it('counts a request whose client went away, not as bad', async () => {
    let begun: (() => void) | undefined
    const arrived = new Promise<void>((resolve) => (begun = resolve))
    const url = await serve(async () => {
      await client.getBooleanValue('all', false)
      begun?.()
    })
    const leaving = httpRequest(url, { headers: { 'x-user': 'ada' } })
    leaving.on('error', () => undefined)
    leaving.end()
    await arrived
    leaving.destroy()
    await expect.poll(() => tally('all'), soon).toMatchObject({ n: 1, bad: 0 })
  })

  it('goes on with an empty context when the context throws', async () => {
    const url = await serve(answerFlag('half'), {
      context: () => {
        throw new Error('no session')
      },
    })
    const answer = await get(url)
    expect([answer.status, await answer.text()]).toEqual([200, 'false'])
    expect(logged[0]).toContain('the context of a request threw')
  })

  it('keeps a propagator that the application has set', async () => {
    const own = new AsyncLocalStorageTransactionContextPropagator()
    OpenFeature.setTransactionContextPropagator(own)
    let seen: EvaluationContext = {}
    const url = await serve((_request, response) => {
      seen = own.getTransactionContext()
      response.end()
    })
    await get(url, 'grace')
    expect(seen).toEqual({ targetingKey: 'grace' })
  })

  it('counts nothing for a request that evaluates nothing', async () => {
    const url = await serve((_request, response: ServerResponse) => response.end('static'))
    await get(url)
    await nextReports()
    expect(flagServer.telemetry.flatMap((report) => report.counts)).toEqual([])
  })
})

describe('gate', () => {
  const page: HttpHandler = (_request, response) => response.end('new')

  it('serves the route to those for whom the flag is on and the status to everybody else', async () => {
    const open = await serve(gate('all', { otherwise: 404 }, page))
    expect(await (await get(open)).text()).toBe('new')
    const closed = await serve(gate('none', { otherwise: 404 }, page))
    const answer = await get(closed)
    expect([answer.status, await answer.text()]).toEqual([404, 'Not Found\n'])
    await expect.poll(() => tally('none'), soon).toMatchObject({ n: 1, bad: 0, arms: ['control'] })
  })

  it('serves another handler, counted once although that one asks again', async () => {
    const url = await serve(gate('none', { otherwise: answerFlag('none') }, page))
    expect(await (await get(url)).text()).toBe('false')
    await expect.poll(() => tally('none').n, soon).toBe(1)
  })

  it('is closed for a flag that does not exist', async () => {
    const url = await serve(gate('missing', { otherwise: 503 }, page))
    expect((await get(url)).status).toBe(503)
  })
})
