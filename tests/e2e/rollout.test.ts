/** A rollout in the browser: applications with the real SDK behind it, watched, paused, rolled back, turned off. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

import {
  QUICK,
  addFeature,
  createApprovals,
  place,
  served,
  show,
  start,
  until,
} from '../../packages/server/test/support/rollouts.ts'
import type { Place } from '../../packages/server/test/support/rollouts.ts'
import { startApplication } from '../support/application.ts'
import type { Application } from '../support/application.ts'
import { accessibilityFaults, visitAs } from './support/browser.ts'
import { layCable } from './support/cable.ts'
import { openConsole } from './support/console.ts'

const APPLICATIONS = 3

const approvals = createApprovals()
const open = openConsole((server) => server.person('operations-lead'), { rolloutPorts: approvals })

/** Applications with the real SDK, each with shoppers. */
async function applications(at: Place): Promise<AsyncDisposable> {
  const running: Application[] = []
  for (let i = 0; i < APPLICATIONS; i++) {
    running.push(
      await startApplication({
        address: open.server.address,
        key: at.key,
        environment: 'production',
        layers: ['backend'],
        flag: at.flag,
      }),
    )
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const it of running) await it[Symbol.asyncDispose]()
    },
  }
}

/** A rollout that stays at half of everybody: its last increment waits for a person. */
async function underway(name: string): Promise<{ readonly at: Place; readonly id: string }> {
  const at = { ...(await place(open.server, name)), server: open.server }
  await addFeature(at)
  const [stage] = QUICK.stages
  if (stage === undefined) throw new Error('the plan has a stage')
  const manual = { ...QUICK, stages: [{ ...stage, advance: 'manual' as const }] }
  return { at, id: await start(at, approvals.approve(name, manual)) }
}

const half = (it: { position: { percent: number } | null }) => it.position?.percent === 50

async function confirm(page: Page, button: string | RegExp, reason: string): Promise<string> {
  await page.getByRole('button', { name: button }).first().click()
  const dialog = page.getByRole('dialog')
  const said = await dialog.innerText()
  await dialog.getByRole('textbox', { name: 'Why' }).fill(reason)
  await dialog.getByRole('button', { name: button }).click()
  await dialog.waitFor({ state: 'detached' })
  return said
}

/** The line of evidence, its thresholds and its table, in both themes. */
async function seesEvidence(page: Page): Promise<void> {
  const line = page.getByRole('img', { name: /^Evidence of errors: harm -?\d.*safe below the ceiling -?\d/ })
  await line.waitFor()
  await page.getByText(/^harm is shown at \d+\.\d\d$/).waitFor()
  await page.getByText(/^a GO needs \d+\.\d\d$/).waitFor()
  await page.getByText('Evidence of errors as a table').click()
  const table = page.getByRole('region', { name: 'Evidence of errors by window' })
  await table
    .getByRole('cell', { name: /^-?\d+\.\d\d$/ })
    .first()
    .waitFor()
  await page.emulateMedia({ colorScheme: 'dark' })
  await line.locator('canvas').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
}

test('P-X3 a running rollout is watched as it happens, paused, resumed and rolled back, confirmed by real SDKs', async () => {
  const { at, id } = await underway('watched')
  await using _ = await applications(at)
  await using visitor = await open.visitAs(open.seed)
  const { page } = visitor
  await page.goto(`/p/${at.project}/rollouts`)
  await page.getByRole('link', { name: 'watched' }).click()
  await page.getByText('live, heard').waitFor()
  // Nothing is asked for anew: what happens arrives by itself.
  await page
    .getByText(/everybody.*50 %/)
    .first()
    .waitFor({ timeout: 40_000 })
  await page
    .getByRole('table')
    .first()
    .getByRole('rowheader', { name: /errors/ })
    .waitFor()
  await page.getByRole('img', { name: /Chart of errors: exposed .*%, control .*%/ }).waitFor()
  await page.getByText('errors as a table', { exact: true }).click()
  const windows = page.getByRole('region', { name: 'Windows of errors' }).getByRole('row')
  await expect.poll(() => windows.count()).toBeGreaterThan(5)
  await seesEvidence(page)

  const paused = await confirm(page, 'Pause', 'somebody is looking')
  expect(paused).toMatch(/It stays where it is: 50 % of everybody/)
  await page
    .getByText(/paused by .*: somebody is looking/)
    .first()
    .waitFor()
  expect((await show(at, id)).state).toBe('paused')
  await confirm(page, 'Resume', 'all is well')
  await until(at, id, (it) => it.state !== 'paused')

  const back = await confirm(page, 'Roll back', 'shoppers complain')
  expect(back).toMatch(/lose on of watched and are served off/)
  expect(back).toContain('3 connected instances have to confirm it')
  const report = page.getByRole('region', { name: 'Rollback report' })
  await report.getByText('Confirmed by every instance').waitFor()
  await report.getByRole('status').getByText('3 of 3 instances').waitFor()
  const ended = await until(at, id, (it) => it.state === 'rolled_back')
  expect(ended.verification).toMatchObject({ confirmed: 3, total: 3 })
  await page.getByRole('region', { name: 'Decisions' }).getByText('verified').first().waitFor()
})

test('P-X2 P-X5 the increment that waits for a person is approved on what the evidence says, and a report counts', async () => {
  const { at, id } = await underway('approved')
  await using _ = await applications(at)
  await using visitor = await open.visitAs(open.seed)
  const { page } = visitor
  await until(at, id, (it) => it.approval !== null)
  await page.goto(`/p/${at.project}/f/approved/rollout`)
  const said = await confirm(page, 'Approve the increment', 'the numbers are good')
  expect(said).toContain('Advance to 100 %')
  await until(at, id, (it) => it.position?.percent === 100 || it.state === 'completed')

  await page.getByRole('button', { name: 'Report something' }).click()
  await page.getByLabel('What').fill('The button is too small')
  await page.getByRole('button', { name: 'Report it' }).click()
  await page.getByText('The button is too small').waitFor()
})

test('P-X4 a kill from the live view is counted up by instance', async () => {
  const { at, id } = await underway('killed')
  await using _ = await applications(at)
  await using visitor = await open.visitAs(open.seed)
  const { page } = visitor
  await until(at, id, half)
  await page.goto(`/p/${at.project}/rollouts/${id}`)
  await confirm(page, 'Turn off now', 'it burns')
  await page
    .getByRole('region', { name: 'killed was turned off in production' })
    .getByText('3 of 3 instances')
    .waitFor()
  expect(await served(at)).toMatchObject({ enabled: false })
})

test('without the server it says that what it shows is old, and no verdict stays green', async () => {
  const { at, id } = await underway('silent')
  await using _ = await applications(at)
  await using cable = await layCable(open.server.address)
  await using visitor = await visitAs(open.browser, { ...open.server, address: cable.address }, open.seed)
  const { page } = visitor
  await until(at, id, (it) => it.verdict === 'GO')
  await page.goto(`/p/${at.project}/rollouts/${id}`)
  const verdicts = page.getByRole('region', { name: 'Verdicts' })
  await verdicts.getByText('GO', { exact: true }).first().waitFor()
  cable.cut()
  await page.getByText(/Not connected; heard/).waitFor()
  await page
    .getByRole('alert')
    .getByText(/The server was last heard/)
    .waitFor({ timeout: 40_000 })
  await verdicts.getByText('was GO').first().waitFor()
  expect(await page.locator('[data-tone="go"]').count()).toBe(0)
  cable.mend()
  await page.getByText('live, heard').waitFor({ timeout: 40_000 })
  await verdicts.getByText('GO', { exact: true }).first().waitFor()
})

test('who only looks may not steer, and is told so', async () => {
  const { at, id } = await underway('looked-at')
  const viewer = await open.server.person('viewer')
  await using visitor = await open.visitAs(viewer)
  const { page } = visitor
  await page.goto(`/p/${at.project}/rollouts/${id}`)
  await page.getByText(/^No line of evidence: in these windows nobody was exposed/).waitFor()
  await page.getByText('Who may do what').click()
  await page.getByText('Your roles do not allow to steer it.').waitFor()
  for (const name of ['Pause', 'Roll back', 'Turn off now']) {
    expect(await page.getByRole('button', { name, exact: true }).isDisabled()).toBe(true)
  }
})
