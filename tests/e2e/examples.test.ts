/**
 * The small examples as their pages say to start them: each a process of its own at one real server,
 * React and the rendered page in a real Chromium.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { endWithUs } from '../support/end-with-us.ts'
import { freePort } from '../support/free-port.ts'
import { expectOk, startServer } from '../support/server.ts'
import type { TestServer } from '../support/server.ts'
import { startBrowser } from './support/chromium.ts'

const root = path.resolve(import.meta.dirname, '../..')
const VITE = 'node_modules/vite/bin/vite.js'

/** Notes every text that the button ever had, frame by frame. */
const WATCH = `
  globalThis.texts = []
  const look = () => {
    const text = document.querySelector('button')?.textContent
    if (text && texts.at(-1) !== text) texts.push(text)
    requestAnimationFrame(look)
  }
  look()`

describe('the examples', () => {
  let server: TestServer
  let browser: Browser
  let ports: { readonly react: number; readonly rendering: number }
  let env: Readonly<Record<string, string>>
  const running: ChildProcess[] = []

  beforeAll(async () => {
    ports = { react: await freePort(), rendering: await freePort() }
    const origins = Object.values(ports).map((it) => `http://127.0.0.1:${it}`)
    server = await startServer({ settings: { FLAGMARSHAL_ALLOWED_ORIGINS: origins.join(',') } })
    expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    expectOk(
      await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag('new-checkout') }),
    )
    env = {
      FLAGMARSHAL_URL: server.address,
      FLAGMARSHAL_SDK_KEY: await server.sdkKey('shop', 'staging'),
      VITE_FLAGMARSHAL_URL: server.address,
      VITE_FLAGMARSHAL_KEY: await server.sdkKey('shop', 'staging', 'web'),
    }
    browser = await startBrowser()
  })
  beforeEach(async () => await turn(false))
  afterAll(async () => {
    await browser?.close()
    await Promise.all(running.map(end))
    await server?.close()
  })

  const turn = async (enabled: boolean) =>
    await configure(server, 'new-checkout', { ...EVERYBODY_ON, enabled }, 'staging')

  /** Starts one, and answers the origin that it prints. */
  async function start(args: readonly string[], port = 0): Promise<string> {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    endWithUs(child)
    running.push(child)
    let said = ''
    for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      said += String(text)
      const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(said) ?? []
      if (origin !== undefined) return origin
    }
    throw new Error(`${args.join(' ')} ended: ${said}`)
  }

  async function open(address: string): Promise<Page> {
    const context = await browser.newContext()
    const page = await context.newPage()
    page.on('pageerror', (error) => wrongs.push(error.message))
    page.on('console', (it) => it.type() === 'error' && wrongs.push(it.text()))
    await page.addInitScript(WATCH)
    await page.goto(address)
    return page
  }
  const wrongs: string[] = []
  const texts = (page: Page) => page.evaluate<string[]>('texts')
  const textAt = async (address: string) => await (await fetch(address)).text()

  test('node: a change is served without a restart, through OpenFeature and a handle alike', async () => {
    const origin = await start(['examples/node/src/main.ts'])
    expect(await textAt(`${origin}/checkout?user=ada`)).toBe('the old checkout\n')
    await turn(true)
    await expect.poll(() => textAt(`${origin}/checkout?user=ada`)).toBe('the new checkout\n')
    expect(JSON.parse(await textAt(`${origin}/why?user=ada`))).toMatchObject({ value: true, variant: 'on' })
    expect((await fetch(origin)).status).toBe(404)
  })

  test('middleware: the route is there only while its flag is on, and requests are counted', async () => {
    const origin = await start(['examples/middleware/src/main.ts'])
    const status = async () => (await fetch(`${origin}/checkout`, { headers: { 'x-user': 'ada' } })).status
    expect(await status()).toBe(404)
    expect(await textAt(origin)).toBe('call us to order\n')
    await turn(true)
    await expect.poll(status).toBe(200)
    expect(await textAt(origin)).toBe('go to /checkout\n')
    await expect
      .poll(() => textAt(`${origin}/metrics`))
      .toMatch(/^flagmarshal_requests_total\{.*flag="new-checkout".*variant="on".*\} [2-9]/m)
  })

  test('react: the page waits for its first answer, and is drawn again after a change', async () => {
    const at = ['--host', '127.0.0.1', '--port', String(ports.react), '--strictPort']
    const origin = await start([VITE, 'examples/react', ...at])
    const page = await open(`${origin}/?user=ada`)
    await page.getByRole('heading', { name: 'A shop for ada' }).waitFor()
    await page.getByRole('button', { name: 'Go to the cart' }).waitFor()
    await turn(true)
    await page.getByRole('button', { name: 'Buy now' }).waitFor()
    expect(await page.locator('small').textContent()).toBe('new-checkout is on')
    expect(wrongs.splice(0)).toEqual([])
    await page.context().close()
  })

  test('rendering: the right value is in the HTML, stays while the page comes alive, and follows later changes', async () => {
    await turn(true)
    const origin = await start(['examples/rendering/src/server.ts'], ports.rendering)
    expect(await textAt(`${origin}/?user=ada`)).toContain('Buy now</button>')
    const page = await open(`${origin}/?user=ada`)
    await page.waitForFunction(
      `Object.keys(document.querySelector('button')).some((it) => it.startsWith('__react'))`,
    )
    await expect.poll(() => texts(page)).toEqual(['Buy now'])
    await turn(false)
    await expect.poll(() => texts(page)).toEqual(['Buy now', 'Go to the cart'])
    expect(wrongs.splice(0)).toEqual([])
    await page.context().close()
  })
})

/** Ends it as Ctrl-C does. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  await exit
}
