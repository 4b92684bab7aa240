/** J4: turning off at three in the morning, on a phone, over a slow network, in at most two taps and a hold. */
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'

import { configParams, configure, EVERYBODY_ON, newFlag } from '../../packages/server/test/support/flags.ts'
import { follow } from '../../packages/server/test/support/instances.ts'
import type { Follower } from '../../packages/server/test/support/instances.ts'
import { startApplication } from '../support/application.ts'
import type { Application } from '../support/application.ts'
import { execute } from '../support/cluster.ts'
import { expectOk } from '../support/server.ts'
import { accessibilityFaults, scrollsSideways } from './support/browser.ts'
import { openConsole } from './support/console.ts'

const open = openConsole(async ({ admin }) => {
  expectOk(await admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
const quiet = (): void => undefined
const NO_LOG = { error: quiet, warn: quiet, info: quiet, debug: quiet }
const following: Follower[] = []
let flags = 0

afterEach(async () => {
  await Promise.all(following.splice(0).map((it) => it.close()))
  await execute(open.server.databaseUrl, 'delete from instances')
})

/** A flag that everybody is served, with instances that run it. */
async function flagThatIsOn(instances = 3): Promise<string> {
  const flag = `checkout-v${++flags}`
  expectOk(await open.server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(flag) }))
  await configure(open.server, flag, EVERYBODY_ON)
  const key = await open.server.sdkKey('shop', 'development')
  const named = Array.from({ length: instances }, (_, index) => `${flag}-server-${index + 1}`)
  following.push(
    ...(await Promise.all(
      named.map((instance) => follow(open.server.address, key, { instance, acknowledges: true })),
    )),
  )
  return flag
}

async function linkOf(flag: string): Promise<string> {
  const made = await open.server.admin.call('createKillLink', {
    params: configParams(flag),
    body: { expiresInMinutes: 30 },
  })
  return expectOk(made).link
}

const isOn = async (flag: string) =>
  expectOk(await open.server.admin.call('getFlagConfig', { params: configParams(flag) })).enabled

/** Chromium's own slow 3G: 400 ms there and back, 400 kbit/s. Answers the bytes that came over it. */
async function slowDown(page: Page): Promise<() => number> {
  const devtools = await page.context().newCDPSession(page)
  let bytes = 0
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 400,
    downloadThroughput: 50_000,
    uploadThroughput: 50_000,
  })
  return () => bytes
}

/** A finger stays on the button until the page says that it was long enough. */
async function holdByFinger(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'HOLD TO TURN OFF' })
  await button.scrollIntoViewIfNeeded()
  const box = await button.boundingBox()
  if (box === null) throw new Error('the button is to be seen')
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }]
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
  await page.getByText('OFF, accepted').waitFor()
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
}

describe('with scripts', () => {
  test('on a phone, a tap and a hold: applications with the real SDK confirm it and serve off', async () => {
    const flag = await flagThatIsOn(0)
    const key = await open.server.sdkKey('shop', 'development')
    await using applications = new AsyncDisposableStack()
    const running: Application[] = []
    for (const layer of ['backend', 'frontend', 'middleware'] as const) {
      const options = { address: open.server.address, key, environment: 'development', flag }
      running.push(applications.use(await startApplication({ ...options, layers: [layer] })))
    }
    const serves = running.map(({ connection }) => async () => {
      const { provider } = connection
      return (await provider.resolveBooleanEvaluation(flag, false, { targetingKey: 'ada' }, NO_LOG)).value
    })
    for (const it of serves) await expect.poll(it).toBe(true)

    const developer = await open.server.person('developer')
    await using visitor = await open.visitAs(developer, { size: 'phone' })
    const { page } = visitor
    await page.goto('/k')
    await page.getByRole('link', { name: flag }).tap()
    await page.getByText('3 connected').waitFor()
    await holdByFinger(page)
    await page.getByText('OFF everywhere: 3 of 3').waitFor()
    for (const it of serves) expect(await it()).toBe(false)
    await page.getByText('Confirmed: 3').click()
    for (const { connection } of running) await page.getByText(connection.instanceId).waitFor()
  })

  test('can be pinned to a phone: the list has a manifest with icons, and no policy forbids it', async () => {
    const developer = await open.server.person('developer')
    await using visitor = await open.visitAs(developer, { size: 'phone' })
    const { page } = visitor
    await page.goto('/k')
    const devtools = await page.context().newCDPSession(page)
    const { url, errors } = await devtools.send('Page.getAppManifest')
    expect([new URL(url).pathname, errors]).toEqual(['/kill.webmanifest', []])
    const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
    // Chromium's window of a test is a private one, from which nothing is installed.
    expect(installabilityErrors.map((it) => it.errorId)).toEqual(['in-incognito'])
  })

  test('one tap on the link and a hold: off on every server, below 15 kB over slow 3G', async () => {
    const flag = await flagThatIsOn()
    const link = await linkOf(flag)
    await using visitor = await open.visit({ size: 'phone', reducedMotion: 'no-preference' })
    const { page } = visitor
    const bytes = await slowDown(page)
    const began = performance.now()
    await page.goto(link)
    const hold = page.getByRole('button', { name: 'HOLD TO TURN OFF' })
    await hold.waitFor()
    const usableMs = performance.now() - began
    const opened = bytes()
    expect(page.url()).not.toContain('t=')
    expect(await scrollsSideways(page)).toBe(false)
    const box = await hold.boundingBox()
    expect(box?.height).toBeGreaterThanOrEqual(72)

    await hold.hover()
    await page.mouse.down()
    await page.getByText('Keep holding…').waitFor()
    await page.getByText('OFF everywhere: 3 of 3').waitFor()
    expect(await isOn(flag)).toBe(false)
    await page.mouse.up()
    console.log(
      `kill page over slow 3G: usable after ${Math.round(usableMs)} ms, ${opened} bytes; with the kill and its confirmations ${bytes()} bytes`,
    )
    expect(bytes()).toBeLessThan(15_000)
    expect(usableMs).toBeLessThan(5_000)
  })

  test('a short press turns nothing off; Enter held for a second does', async () => {
    const flag = await flagThatIsOn(1)
    await using visitor = await open.visit({ size: 'phone' })
    const { page } = visitor
    await page.goto(await linkOf(flag))
    await page.getByRole('button', { name: 'HOLD TO TURN OFF' }).focus()
    await page.keyboard.down('Enter')
    await page.getByText('Keep holding…').waitFor()
    await page.keyboard.up('Enter')
    await page.getByText('Not turned off').waitFor()
    expect(await isOn(flag)).toBe(true)

    await page.keyboard.down('Enter')
    await page.getByText('OFF everywhere: 1 of 1').waitFor()
    await page.keyboard.up('Enter')
    expect(await isOn(flag)).toBe(false)
  })

  test('who cannot hold ticks a box', async () => {
    const flag = await flagThatIsOn(1)
    await using visitor = await open.visit({ size: 'phone' })
    const { page } = visitor
    await page.goto(await linkOf(flag))
    await page.getByText('Without holding').click()
    await page.getByRole('checkbox').check()
    await page.getByLabel('Reason').fill('5xx since the release')
    await page.getByRole('button', { name: 'Turn off', exact: true }).click()
    await page.getByText('5xx since the release').waitFor()
    expect(await isOn(flag)).toBe(false)
  })

  test('a server that has not confirmed is named until it has', async () => {
    const flag = await flagThatIsOn(1)
    const key = await open.server.sdkKey('shop', 'development')
    const slow = await follow(open.server.address, key, { instance: 'slow-one', acknowledges: false })
    await using visitor = await open.visit({ size: 'phone' })
    const { page } = visitor
    await page.goto(await linkOf(flag))
    await page.getByRole('button', { name: 'HOLD TO TURN OFF' }).hover()
    await page.mouse.down()
    await page.getByRole('heading', { name: 'Not confirmed yet: 1' }).waitFor()
    await page.getByText('slow-one').waitFor()
    await page.mouse.up()
    await slow.close()
    following.push(await follow(open.server.address, key, { instance: 'slow-one', acknowledges: true }))
    await page.getByText('OFF everywhere: 2 of 2').waitFor()
    expect(await page.getByText('slow-one').isVisible()).toBe(false)
  })

  test('three taps from the console: what is on, the flag, the hold', async () => {
    const flag = await flagThatIsOn(0)
    const developer = await open.server.person('developer')
    await using visitor = await open.visitAs(developer, { size: 'phone' })
    const { page } = visitor
    await page.goto('/k')
    await page.getByRole('link', { name: flag }).click()
    await page.getByRole('button', { name: 'HOLD TO TURN OFF' }).hover()
    await page.mouse.down()
    await page.getByText('No server was connected.').waitFor()
    await page.mouse.up()
    expect(await isOn(flag)).toBe(false)
  })

  test.each(['light', 'dark'] as const)('is accessible, before and after, %s', async (theme) => {
    const flag = await flagThatIsOn(2)
    const developer = await open.server.person('developer')
    await using visitor = await open.visitAs(developer, { size: 'phone', theme })
    const { page } = visitor
    for (const address of ['/k', `/k/shop/development/${flag}`]) {
      await page.goto(address)
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await scrollsSideways(page)).toBe(false)
    }
    await page.getByRole('button', { name: 'HOLD TO TURN OFF' }).hover()
    await page.mouse.down()
    await page.getByText('OFF everywhere').waitFor()
    await page.mouse.up()
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await scrollsSideways(page)).toBe(false)
  })
})

describe('without scripts', () => {
  test('a plain form turns off, and the page counts confirmations up by asking again', async () => {
    const flag = await flagThatIsOn(2)
    const key = await open.server.sdkKey('shop', 'development')
    const slow = await follow(open.server.address, key, { instance: 'slow-one', acknowledges: false })
    const context = await open.browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 360, height: 740 },
    })
    const page = await context.newPage()
    await page.goto(await linkOf(flag))
    await page.getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Turn off', exact: true }).click()
    await page.getByText('2 of 3 servers have confirmed it').waitFor()
    expect(await isOn(flag)).toBe(false)
    await slow.close()
    following.push(await follow(open.server.address, key, { instance: 'slow-one', acknowledges: true }))
    await page.getByText('OFF everywhere: 3 of 3').waitFor()
    await context.close()
  })
})
