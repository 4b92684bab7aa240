/** The rollout plan editor: stages and increments by pointer and by keys, what the plan reaches, and what speaks against it. */
import type { RolloutPlan } from '@flagmarshal/api/rollout-plan'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { pino } from 'pino'
import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'

import { goThrough, openRun, prepareStep, setStage } from '../../packages/server/test/support/procedure.ts'
import { keepTraffic } from '../../packages/server/test/support/unexposed.ts'
import { expectOk } from '../support/server.ts'
import { accessibilityFaults, scrollsSideways, settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'

const STEP = '/p/shop/f/new-checkout/steps/3'

/** A run at step 3, the segments of the template, and two hours of traffic that nobody was exposed in. */
const shop = openConsole(async (server) => {
  const stage = await setStage(server, 'shop')
  const run = await openRun(stage)
  for (const step of [1, 2]) await goThrough(stage, run, step)
  await prepareStep(stage, run, 3)
  for (const key of ['staff', 'beta']) {
    const body = { key, name: key, when: { attribute: key, op: 'equals' as const, values: [true] } }
    expectOk(await stage.developer.client.call('createSegment', { params: { project: 'shop' }, body }))
  }
  const database = openPostgres(server.databaseUrl, pino({ level: 'silent' }))
  await keepTraffic(database, 'shop', { minutes: 120, perMinute: 400, badShare: 0.01 })
  await database.close()
  return { stage, run }
})

/** Opens the step and begins with the default template. */
async function beginWithTemplate(page: Page): Promise<void> {
  await page.goto(STEP)
  await settled(page)
  const begin = page.getByRole('button', { name: /Begin with it|Replace the plan with it/ })
  if (!(await begin.isVisible())) await page.getByText('Begin anew with a template').click()
  await begin.click()
  await page.getByRole('slider', { name: 'Increment 1 of gradual' }).waitFor()
}

/** The percents of a stage, as its handles say them. */
async function percents(page: Page, name: string): Promise<readonly number[]> {
  const handles = await page.getByRole('slider', { name: new RegExp(`of ${name}$`) }).all()
  return await Promise.all(handles.map(async (it) => Number(await it.getAttribute('aria-valuenow'))))
}

/** The names of the stages, in their order. */
async function stages(page: Page): Promise<readonly string[]> {
  const names = await page.getByRole('region', { name: 'Stages' }).getByLabel('Name').all()
  return await Promise.all(names.map((it) => it.inputValue()))
}

/** Drags with the mouse, from the middle of one thing by so many pixels or to the middle of another. */
async function drag(page: Page, from: Locator, to: { readonly x: number } | Locator): Promise<void> {
  await from.scrollIntoViewIfNeeded()
  const begin = await middle(from)
  const end = 'x' in to ? { x: begin.x + to.x, y: begin.y } : await middle(to)
  await page.mouse.move(begin.x, begin.y)
  await page.mouse.down()
  await page.mouse.move(end.x, end.y, { steps: 6 })
  await page.mouse.up()
}

async function middle(it: Locator): Promise<{ x: number; y: number }> {
  const box = await it.boundingBox()
  if (box === null) throw new Error('what is dragged is to be seen')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

/** The plan of the step as the server has it. */
async function savedPlan(): Promise<Partial<RolloutPlan> | undefined> {
  const params = { project: 'shop', run: shop.seed.run, step: 3 }
  const { output } = expectOk(await shop.server.admin.call('showStep', { params }))
  return Object(output).plan
}

test('P-S3-1 P-S3-11 increments are dragged with the mouse and moved by keys, and say whom they reach', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await beginWithTemplate(page)
  expect(await percents(page, 'gradual')).toEqual([10, 25, 50])

  const first = page.getByRole('slider', { name: 'Increment 1 of gradual' })
  await first.press('ArrowRight')
  await first.press('PageUp')
  expect(await percents(page, 'gradual')).toEqual([21, 25, 50])
  await first.press('PageUp')
  expect(await percents(page, 'gradual'), 'no further than the next one').toEqual([25, 25, 50])
  await first.press('Home')
  expect((await percents(page, 'gradual'))[0]).toBeLessThan(1)
  await first.press('Delete')
  expect(await percents(page, 'gradual')).toEqual([25, 50])
  await page.getByRole('button', { name: 'Add an increment to gradual' }).press('Enter')
  expect(await percents(page, 'gradual')).toHaveLength(3)

  // Nobody has said yet how many the segments are; then the numbers stand on every increment.
  expect(await page.getByText('without the share of internal, beta').count()).toBeGreaterThan(0)
  const shares = page.getByLabel('Its share of everybody, %')
  await shares.nth(0).fill('1')
  await shares.nth(1).fill('5')
  await page.getByText(/about 200 of 20,000 users \(1 % of everybody\)/).waitFor()

  const full = page.getByRole('slider', { name: 'Increment 1 of full' })
  const before = await full.getAttribute('aria-valuetext')
  const [was = 0] = await percents(page, 'full')
  await drag(page, full, { x: -120 })
  const [now = 0] = await percents(page, 'full')
  expect(now).toBeLessThan(was - 5)
  expect(await full.getAttribute('aria-valuetext'), 'other users than before').not.toBe(before)
})

test('P-S3-1 stages are dragged over each other with the mouse and moved by keys', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await beginWithTemplate(page)
  const handle = (name: string) => page.getByRole('button', { name: new RegExp(`^Move stage ${name},`) })
  expect(await stages(page)).toEqual(['internal', 'beta', 'gradual', 'full'])

  // Both in the window at once: the pointer goes no further than that.
  await page.setViewportSize({ width: 1440, height: 2400 })
  await drag(page, handle('beta'), handle('internal'))
  expect(await stages(page)).toEqual(['beta', 'internal', 'gradual', 'full'])

  await handle('beta').press('ArrowDown')
  expect(await stages(page)).toEqual(['internal', 'beta', 'gradual', 'full'])
  const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")')
  expect(await focused(), 'the focus goes along').toMatch(/^Move stage beta, 2 of 4/)
  await page.keyboard.press('ArrowDown')
  expect(await focused()).toMatch(/^Move stage beta, 3 of 4/)

  // What the server would say of such an order is said at once.
  const live = page.getByRole('status', { name: 'Live check of the plan' })
  await handle('full').press('ArrowUp')
  await handle('full').press('ArrowUp')
  await expect.poll(() => live.getByRole('listitem').count()).toBeGreaterThan(1)
})

test('P-S3-4 P-S3-5 P-S3-6 what it can see, the replay and the calendar stand beside it, and it is saved', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await beginWithTemplate(page)
  const shares = page.getByLabel('Its share of everybody, %')
  await shares.nth(0).fill('1')
  await shares.nth(1).fill('5')
  const trial = page.getByRole('region', { name: 'What the plan can do' })
  await trial.getByText(/400 requests a minute|39\d requests a minute|40\d requests a minute/).waitFor()
  const power = trial.getByRole('region', { name: 'What each increment can see' })
  await power
    .getByRole('row', { name: /gradual 50 %/ })
    .getByText(/errors/)
    .first()
    .waitFor()
  await trial.getByRole('button', { name: 'Replay it' }).click()
  await trial.getByText(/Too little history|would have rolled back/).waitFor()

  const calendar = page.getByRole('region', { name: 'Calendar' })
  await calendar.getByRole('button', { name: 'Next time that is open' }).click()
  await calendar.getByText(/Open then/).waitFor()
  const earliest = calendar.getByRole('list', { name: 'At the earliest' }).getByRole('listitem')
  expect(await earliest.count(), 'observing, four stages, and the end').toBe(6)
  await calendar.getByText('Add a blackout of this rollout').click()
  await calendar.getByLabel('From').fill('2020-01-01T00:00')
  await calendar.getByLabel('To').fill('2099-01-01T00:00')
  await calendar.getByLabel('Reason').fill('a very long holiday')
  await calendar.getByRole('button', { name: 'Add it' }).click()
  await calendar.getByText('Closed then').waitFor()
  await calendar.getByRole('button', { name: 'Remove the blackout a very long holiday' }).click()

  await page.getByRole('button', { name: /^Save/ }).click()
  await expect.poll(async () => (await savedPlan())?.stages?.length).toBe(4)
})

test('P-S3-2 P-S4-11 a resource is added as a watch with a limit, checked at once, and saved', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await beginWithTemplate(page)
  const criteria = page.getByRole('region', { name: 'Criteria' })
  await criteria.getByRole('button', { name: 'Add a resource' }).click()
  const added = criteria
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: 'Remove criterion cpu' }) })
  await added.getByText('cpu of each service, at most 1 cores, reported by the SDKs').waitFor()
  expect(await added.getByLabel('Role').count(), 'it can only watch').toBe(0)
  await added.getByLabel('Holds above, cores').fill('0.8')
  await added.getByLabel('Service').fill('till')
  await added.getByText('cpu of till, at most 0.8 cores').waitFor()

  await added.getByRole('combobox', { name: 'Resource' }).click()
  await page.getByRole('option', { name: 'a pool: its share in use' }).click()
  const live = page.getByRole('status', { name: 'Live check of the plan' })
  await live.getByText(/cpu: pool: is no resource; a pool or queue has a name/).waitFor()
  await added.getByLabel('Its name').fill('main')
  await live.getByText('resource-name').waitFor({ state: 'detached' })
  await added.getByLabel('Holds above, %').fill('75')
  expect(await accessibilityFaults(page)).toEqual([])

  await page.getByRole('button', { name: /^Save/ }).click()
  const source = { kind: 'resources', resource: 'pool:main', service: 'till', limit: 0.75 }
  await expect
    .poll(async () => (await savedPlan())?.criteria?.at(-1))
    .toMatchObject({ id: 'cpu', role: 'watch', onFail: 'hold', source })
})

test('P-X5 P-S3-4 reviews are asked of a role and by name, checkpoints come and go, and all of it is saved', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await beginWithTemplate(page)
  const reviews = page.getByRole('region', { name: 'Reviews' })
  expect(await reviews.getByLabel('Every').inputValue(), 'as the template has it').toBe('1 d')
  await reviews.getByRole('button', { name: 'Ask nobody' }).click()
  await reviews.getByText('The rollout asks nobody for a review.').waitFor()
  await reviews.getByRole('button', { name: 'Ask every day' }).click()
  await reviews.getByLabel('Every').fill('12 h')
  await reviews.getByRole('combobox', { name: 'Asked for it' }).click()
  await page.getByRole('option', { name: 'Technical Lead' }).click()
  const { id } = shop.seed.stage.developer
  const names = reviews.getByLabel('And by name')
  await names.fill(` ${id} , kim@example.com,`)
  await names.blur()
  expect(await names.inputValue(), 'as it is kept').toBe(`${id}, kim@example.com`)

  const checkpoints = reviews.getByRole('list', { name: 'Checkpoints' })
  await checkpoints.getByText('No checkpoints.').waitFor()
  const add = reviews.getByRole('button', { name: 'Add it' })
  expect(await add.isDisabled(), 'no time is given').toBe(true)
  // The later one first: they stand in the order of time, by the clock of the browser.
  for (const day of ['2099-03-03', '2099-03-02']) {
    await reviews.getByLabel('Another checkpoint (your own clock)').fill(`${day}T09:00`)
    await add.click()
  }
  const times = () =>
    checkpoints.locator('time').evaluateAll((all) => all.map((it) => it.getAttribute('datetime')))
  const [first = '', second = ''] = await page.evaluate<string[]>(
    `['2099-03-02T09:00', '2099-03-03T09:00'].map((it) => new Date(it).toISOString())`,
  )
  expect(await times()).toEqual([first, second])
  await reviews.getByRole('button', { name: `Remove the checkpoint ${second}` }).click()
  expect(await times()).toEqual([first])
  expect(await accessibilityFaults(page)).toEqual([])

  await page.getByRole('button', { name: /^Save/ }).click()
  const kept = {
    everyMs: 43_200_000,
    role: 'technical-lead',
    people: [id, 'kim@example.com'],
    checkpoints: [first],
  }
  await expect.poll(async () => (await savedPlan())?.reviews).toEqual(kept)
})

test('the editor is accessible in both themes and fits a phone', async () => {
  await using visitor = await shop.visitAs(shop.seed.stage.developer)
  const { page } = visitor
  await beginWithTemplate(page)
  expect(await accessibilityFaults(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await accessibilityFaults(page)).toEqual([])
  await page.setViewportSize({ width: 360, height: 740 })
  await expect.poll(() => scrollsSideways(page)).toBe(false)
})
