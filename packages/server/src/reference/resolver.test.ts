/** How long looking may take. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { systemClock } from '../clock.ts'
import { createOutgoing } from '../integrations/http/outgoing.ts'
import { createResolver } from './resolver.ts'
import type { ResolverParts } from './resolver.ts'

/** Answers `/fast` and lets everybody else wait for ever. */
const server = createServer((request, response) => {
  if (request.url === '/fast') response.end('here')
})
const stopping = new AbortController()

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
})
afterAll(async () => {
  stopping.abort()
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

it('sees what answers, and calls unknown what does not in time, however much there is', async () => {
  const outgoing = createOutgoing(['127.0.0.1'], stopping.signal)
  // Pages need nothing but the way out.
  const parts = { clock: systemClock, outgoing, longestMs: 300 } as unknown as ResolverParts
  const { port } = server.address() as AddressInfo
  const wanted = ['fast', ...Array.from({ length: 40 }, (_, index) => `slow-${index}`)].map((place) => ({
    place,
    subject: { kind: 'url', url: `http://127.0.0.1:${port}/${place}` } as const,
    tests: false,
  }))
  const before = performance.now()
  const seen = await createResolver(parts).look('shop', wanted)
  expect(performance.now() - before).toBeLessThan(5_000)
  expect(seen.map((it) => it.place)).toEqual(wanted.map((it) => it.place))
  expect(seen.map((it) => it.state)).toEqual(wanted.map((_, index) => (index === 0 ? 'found' : 'unknown')))
  expect(seen[40]?.note).toContain('not seen in time')
})
