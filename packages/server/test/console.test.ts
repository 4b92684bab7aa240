/** How the server serves the console: its page, its files, and the policy that both come with. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'

let server: TestServer
let folder: string

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2_000))})`

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-console-'))
  await mkdir(path.join(folder, 'assets'))
  const page =
    '<!doctype html><meta name="style-nonce" content="__FLAGMARSHAL_NONCE__"><title>Console</title>'
  await writeFile(path.join(folder, 'index.html'), page)
  await writeFile(path.join(folder, 'assets', 'main-1a2b.js'), SCRIPT)
  await writeFile(path.join(folder, 'source-hash'), 'secret to nobody, but no file of the console')
  server = await startServer({ consoleFolder: folder })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const get = (address: string, accept = 'text/html') =>
  fetch(`${server.address}${address}`, { headers: { accept } })

describe('the console', () => {
  test.each(['/', '/p/shop/f/checkout', '/sign-in?then=%2Fnow'])(
    'its page answers at %s',
    async (address) => {
      const answer = await get(address)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.text()).toContain('<title>Console</title>')
    },
  )

  test('R19 its policy forbids inline scripts and evaluation, and every other host', async () => {
    const policy = (await get('/')).headers.get('content-security-policy') ?? ''
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
  })

  test('R19 the nonce for styles is new in every answer, and the page’s own', async () => {
    const answers = await Promise.all([get('/'), get('/')])
    const nonces = await Promise.all(
      answers.map(async (it) => {
        const nonce = /'nonce-([\w-]{20,})'/.exec(it.headers.get('content-security-policy') ?? '')?.[1]
        expect(await it.text()).toContain(`content="${nonce}"`)
        return nonce
      }),
    )
    expect(new Set(nonces).size).toBe(2)
  })

  test('its hashed files are kept for ever and compressed where the browser can', async () => {
    const answer = await get('/assets/main-1a2b.js', '*/*')
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(await answer.text()).toBe(SCRIPT)
  })

  test.each([
    ['a file that a build does not have', '/assets/main-old.js'],
    ['an address of the API', '/api/v1/nothing'],
    ['what lies beside its files', '/source-hash'],
    ['a way out of its folder', '/assets/..%2f..%2fpackage.json'],
  ])('%s is not found', async (_, address) => {
    const answer = await get(address, address.startsWith('/api') ? 'text/html' : '*/*')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
  })

  test('where it has not been built, the API works all the same', async () => {
    await using bare = await startServer({ consoleFolder: path.join(folder, 'nowhere') })
    expect((await fetch(`${bare.address}/`)).status).toBe(404)
    expect((await fetch(`${bare.address}/healthz`)).status).toBe(200)
  })
})
