/** R16 with real sockets: what the way out refuses, limits and never says. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

import { afterEach, describe, expect, test } from 'vitest'

import { createAddressRules } from './address-rules.ts'
import { createOutgoing } from './outgoing.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

async function serve(listener: RequestListener, host = '127.0.0.1', at = 0): Promise<string> {
  const server = createServer(listener).listen(at, host)
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on TCP has an address and a port.
  return `http://${host}:${(server.address() as AddressInfo).port}`
}

const anywhere = createOutgoing(['127.0.0.1', 'localhost'])

/** Loopback, private, link-local, shared, special; mapped and translated addresses of those kinds. */
const NOT_OF_THE_INTERNET = `127.0.0.1 10.1.2.3 172.31.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1
  224.0.0.1 255.255.255.255 ::1 :: fe80::1 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1
  2002:7f00:1:: 2001:db8::1 no-address`.split(/\s+/)

describe('R16 addresses', () => {
  test.each(NOT_OF_THE_INTERNET)('%s is refused unless the operator allows it', (address) => {
    expect(createAddressRules([]).allowsAddress(address)).toBe(false)
  })

  test.each(['8.8.8.8', '93.184.216.34', '2606:4700:4700::1111'])('%s may be called', (address) => {
    expect(createAddressRules([]).allowsAddress(address)).toBe(true)
  })

  test('an exception is an address, a range or a name, and nothing beside it', () => {
    const rules = createAddressRules(['10.1.0.0/16', '::1', 'jira.corp.example'])
    expect(rules.allowsAddress('10.1.255.255')).toBe(true)
    expect(rules.allowsAddress('10.2.0.1')).toBe(false)
    expect(rules.allowsAddress('::1')).toBe(true)
    expect(rules.allowsName('Jira.corp.example')).toBe(true)
    expect(rules.allowsName('evil-jira.corp.example')).toBe(false)
  })

  test('a name that leads to this machine is refused without a connection', async () => {
    let asked = 0
    const address = await serve(() => void asked++)
    const closed = createOutgoing([])
    for (const url of [
      address,
      address.replace('127.0.0.1', 'localhost'),
      'http://[::1]:1',
      'http://2130706433/',
    ]) {
      const result = await closed.send({ method: 'GET', url: `${url}/secret` })
      expect(result).toMatchObject({ kind: 'refused' })
      expect(JSON.stringify(result)).not.toContain('secret')
    }
    expect(asked).toBe(0)
  })
})

describe('R16 requests', () => {
  test('an answer comes with its status, headers and body', async () => {
    const url = await serve(async (request, response) => {
      response.writeHead(418, { 'x-kind': 'teapot' }).end(`${request.method} ${await textOf(request)}`)
    })
    const result = await anywhere.send({ method: 'POST', url, body: 'tée' })
    expect(result).toMatchObject({ kind: 'answered', status: 418, headers: { 'x-kind': 'teapot' } })
    expect(result.kind === 'answered' && result.body.toString()).toBe('POST tée')
  })

  test('a redirect is followed on its host, and to no other', async () => {
    const other = await serve((_, response) => void response.end('other'))
    const url = await serve((request, response) => {
      const to: Record<string, string> = { '/here': '/end', '/there': `${other}/`, '/round': '/round' }
      const location = to[request.url ?? '']
      if (location === undefined) response.end('end')
      else response.writeHead(302, { location }).end()
    })
    expect(await anywhere.send({ method: 'GET', url: `${url}/here` })).toMatchObject({ status: 200 })
    const there = await anywhere.send({ method: 'GET', url: `${url}/there` })
    expect(there).toMatchObject({ kind: 'refused', why: expect.stringContaining('another host') })
    expect(await anywhere.send({ method: 'GET', url: `${url}/round` })).toMatchObject({ kind: 'refused' })
    expect(await anywhere.send({ method: 'POST', url: `${url}/here` })).toMatchObject({ status: 302 })
  })

  test('an answer that is too large, too slow or broken off is a failure', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/large') response.end('x'.repeat(2_000))
      if (request.url === '/half') response.writeHead(200, { 'content-length': 10 }).write('half')
      if (request.url === '/half') setImmediate(() => response.destroy())
      if (request.url === '/drip') response.writeHead(200).write('a')
    })
    const ask = (path: string) =>
      anywhere.send({ method: 'GET', url: `${url}${path}`, timeoutMs: 300, maxBytes: 1_000 })
    expect(await ask('/large')).toMatchObject({ kind: 'failed', why: expect.stringContaining('more than') })
    expect(await ask('/silent')).toMatchObject({ kind: 'failed', why: expect.stringContaining('too long') })
    expect(await ask('/drip')).toMatchObject({ kind: 'failed', why: expect.stringContaining('too long') })
    expect(await ask('/half')).toMatchObject({ kind: 'failed' })
  })

  test('what cannot be reached is a failure that names the host and nothing of the path', async () => {
    const url = await serve(() => undefined)
    for (const close of open.splice(0)) close()
    const result = await anywhere.send({ method: 'POST', url: `${url}/T000/secret`, body: 'secret' })
    expect(result).toMatchObject({ kind: 'failed', why: expect.stringContaining('127.0.0.1') })
    expect(JSON.stringify(result)).not.toContain('secret')
  })

  test('other schemes, no address at all, and addresses with passwords are refused', async () => {
    for (const url of [
      'file:///etc/passwd',
      'ftp://example.com',
      'nonsense',
      'http://user:secret@127.0.0.1/',
    ]) {
      const result = await anywhere.send({ method: 'GET', url })
      expect(result).toMatchObject({ kind: 'refused' })
      expect(JSON.stringify(result)).not.toContain('secret')
    }
  })

  test('the name is resolved once: the connection goes to the address that was checked', async () => {
    const url = await serve((request, response) => void response.end(request.headers.host))
    const { port } = new URL(url)
    const result = await anywhere.send({ method: 'GET', url: `http://localhost:${port}/` })
    // Where localhost is also ::1 nothing listens there: both addresses are tried, without asking again.
    expect(result.kind === 'answered' && result.body.toString()).toBe(`localhost:${port}`)
  })
})

/** A name whose owner changes where it leads: one answer after the other, the last one for ever. */
function turncoat(...answers: (readonly string[])[]) {
  let asked = 0
  return {
    asked: () => asked,
    names: async () => {
      const found = answers[Math.min(asked++, answers.length - 1)] ?? []
      return found.map((address) => ({ address, family: 4 }))
    },
  }
}

/** 127.0.0.2 stands for an address of the internet, 127.0.0.1 for one of the operator's own network. */
describe('R16 a name that changes where it leads', () => {
  async function both() {
    const outside = await serve((request, response) => {
      if (request.url !== '/moved') return void response.end('outside')
      response.writeHead(302, { location: '/end' }).end()
    }, '127.0.0.2')
    const { port } = new URL(outside)
    const reached: string[] = []
    await serve(
      (request, response) => {
        reached.push(request.url ?? '')
        response.end('inside')
      },
      '127.0.0.1',
      Number(port),
    )
    return { reached, url: `http://rebind.example:${port}` }
  }

  test('R16 it is asked once for each connection, and the connection goes to the answer that was checked', async () => {
    const { url, reached } = await both()
    const dns = turncoat(['127.0.0.2'], ['127.0.0.1'])
    const outgoing = createOutgoing(['127.0.0.2'], undefined, dns.names)
    const first = await outgoing.send({ method: 'GET', url })
    expect(first.kind === 'answered' && first.body.toString()).toBe('outside')
    expect(dns.asked()).toBe(1)
    expect(await outgoing.send({ method: 'GET', url })).toMatchObject({ kind: 'refused' })
    expect(dns.asked()).toBe(2)
    expect(reached).toEqual([])
  })

  test('R16 of several answers only those that may be called are tried', async () => {
    const { url, reached } = await both()
    const dns = turncoat(['127.0.0.1', '127.0.0.2'])
    const answer = await createOutgoing(['127.0.0.2'], undefined, dns.names).send({ method: 'GET', url })
    expect(answer.kind === 'answered' && answer.body.toString()).toBe('outside')
    expect(reached).toEqual([])
  })

  test('R16 a redirect on the same host is looked up and checked anew', async () => {
    const { url, reached } = await both()
    const dns = turncoat(['127.0.0.2'], ['127.0.0.1'])
    const outgoing = createOutgoing(['127.0.0.2'], undefined, dns.names)
    expect(await outgoing.send({ method: 'GET', url: `${url}/moved` })).toMatchObject({ kind: 'refused' })
    expect([dns.asked(), reached]).toEqual([2, []])
  })
})

describe('R16 answers that are made to do harm', () => {
  test('R16 a packed answer is never unpacked, and packing is not asked for', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const asked: unknown[] = []
    const url = await serve((request, response) => {
      asked.push(request.headers['accept-encoding'])
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(await anywhere.send({ method: 'GET', url })).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('packed'),
    })
    expect(asked).toEqual(['identity'])
  })

  test('R16 a body without end stops at the limit, and the connection is closed', async () => {
    let sent = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const url = await serve((_, response) => {
      response.on('close', resolve)
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536
      }
      response.on('drain', pour)
      pour()
    })
    expect(await anywhere.send({ method: 'GET', url })).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('more than'),
    })
    await promise
    // One MiB is read; what the sockets of both sides hold comes on top.
    expect(sent).toBeLessThan(20_000_000)
  })

  test('R16 a body that drips for ever ends at the time for the whole request', async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(await anywhere.send({ method: 'GET', url, timeoutMs: 300 })).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('too long'),
    })
  })

  test('R16 headers without measure are a failure', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'x-large': 'x'.repeat(30_000) }).end()
    })
    expect(await anywhere.send({ method: 'GET', url })).toMatchObject({ kind: 'failed' })
  })
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}
