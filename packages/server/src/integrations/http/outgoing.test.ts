/** R16 with real sockets: what the way out refuses, limits and never says. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, describe, expect, test } from 'vitest'

import { createAddressRules } from './address-rules.ts'
import { createOutgoing } from './outgoing.ts'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on TCP has an address and a port.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
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

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}
