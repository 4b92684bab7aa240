/** A run on its way through the steps, by people in their browsers: inputs, plan, forms, jobs, approval. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

import { follow } from '../../packages/server/test/support/instances.ts'
import {
  FILES,
  goThrough,
  openRun,
  OUTPUTS,
  prepareStep,
  provide,
  setStage,
  start,
} from '../../packages/server/test/support/procedure.ts'
import type { Stage } from '../../packages/server/test/support/procedure.ts'
import { expectOk } from '../support/server.ts'
import { accessibilityFaults, settled } from './support/browser.ts'
import { openConsole } from './support/console.ts'

const open = openConsole(() => Promise.resolve())

const showRun = async (stage: Stage, run: string) =>
  expectOk(await open.server.admin.call('showRun', { params: { project: stage.project, run } }))

/** Chooses an entry of a list that opens. */
async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

async function upload(page: Page, label: string, file: { name: string; content: string }): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: label, exact: true }).click()
  await (await chooser).setFiles({ name: file.name, mimeType: 'text/xml', buffer: Buffer.from(file.content) })
}

test('P-I3 P-R2 P-PL2 P-PL3 an input is given as a file, the work plan edited and reviewed', async () => {
  const stage = await setStage(open.server, 'inputs')
  const run = await start(stage)
  const others = ['P-I1', 'P-I2', 'P-I4', 'P-I5', 'P-I6', 'P-I7', 'P-I11', 'P-I12']
  await provide(stage, run, others)
  await using author = await open.visitAs(stage.developer)
  const { page } = author
  await page.goto('/p/inputs/f/new-checkout/inputs')
  const missing = page.getByRole('region', { name: 'Missing or failing' })

  const tests = missing.locator('div', { hasText: 'P-I3' }).filter({ hasText: 'Give it' }).last()
  await tests.getByRole('button', { name: 'Give it' }).click()
  await page.getByRole('button', { name: 'Add results' }).click()
  await page.getByText('Still needed').waitFor()
  await page.getByRole('radiogroup', { name: 'Reference 1' }).getByText('file', { exact: true }).click()
  await upload(page, 'File', FILES.tests)
  await page.getByText('12 of 12 tests passed').waitFor()
  await page.getByRole('button', { name: 'Give P-I3' }).click()
  const given = page.getByRole('region', { name: 'Given' })
  await given.getByText('Test results of QA').waitFor()

  await provide(stage, run, ['P-I9', 'P-I10'])
  await page.getByText('Every required input is there.').waitFor()

  await page.goto('/p/inputs/f/new-checkout/work-plan')
  await page.getByRole('button', { name: 'Add a risk' }).click()
  await page.getByLabel('Risk', { exact: true }).fill('The payment provider is slow')
  await page.getByText('Risks, and what answers each 1: Answer').waitFor()
  await page.getByLabel('Answer').fill('Watched, and off within seconds')
  await page.getByRole('button', { name: 'Save the work plan' }).click()
  await page.getByText('You wrote a part of it').waitFor()
  expect(await page.getByRole('button', { name: 'Approve the work plan' }).isDisabled()).toBe(true)

  await using lead = await open.visitAs(stage.technicalLead)
  await lead.page.goto('/p/inputs/f/new-checkout/work-plan')
  await lead.page.getByRole('button', { name: 'Approve the work plan' }).click()
  await lead.page.getByRole('region', { name: 'Review' }).getByText('Approved', { exact: true }).waitFor()
  const after = await showRun(stage, run)
  expect(after.workPlan.content.risks).toHaveLength(1)
  expect(after.workPlan.review?.by).toBe(stage.technicalLead.id)
})

test('P-S2-4 P-S2-6 P-E2 step 2 is written, verified by a job that survives a reload, and decided', async () => {
  const stage = await setStage(open.server, 'flags')
  const run = await openRun(stage)
  await goThrough(stage, run, 1)
  await using author = await open.visitAs(stage.developer)
  const { page } = author
  await page.goto('/p/flags/f/new-checkout/steps/2')
  await page.getByLabel('Key of the flag').fill('new-checkout')
  await page.getByLabel('How it is configured, in words').fill('One boolean flag')
  await page.getByRole('button', { name: 'Add a layer' }).click()
  await choose(page, 'Layer', 'backend')
  await page.getByLabel('What is there').fill('Asked once, in the order service')
  await page.getByText('Where each layer asks it 1: Code').waitFor()
  await page.getByRole('radiogroup', { name: 'Code' }).getByText('address', { exact: true }).click()
  await page.getByRole('textbox', { name: 'Address' }).fill('https://git.example/shop')
  await upload(page, 'Results with the flag off', FILES.flagOff)
  await upload(page, 'Results with the flag on', FILES.flagOn)
  await page.getByText('7 of 7 tests passed').nth(1).waitFor()
  await page.getByRole('button', { name: 'Save the output' }).click()
  await page.getByText('revision 2', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Start a verification run' }).click()
  const job = page.getByRole('region', { name: 'Verification run' })
  await job.getByLabel('Progress').waitFor()
  await page.reload()
  await job.getByText('Nothing found').first().waitFor()
  await job.getByRole('link', { name: 'evidence' }).click()
  await page.getByRole('heading', { name: /^Evidence [0-9a-f]{12}$/ }).waitFor()
  await settled(page)
  expect(await accessibilityFaults(page)).toEqual([])

  await using lead = await open.visitAs(stage.technicalLead)
  const decider = lead.page
  await decider.goto('/p/flags/f/new-checkout/steps/2')
  await decider.getByRole('button', { name: 'Run the checks now' }).click()
  await decider.getByText('Override what speaks against it').click()
  for (const id of ['P-S2-5', 'P-S2-8']) {
    await decider.getByLabel(`Why ${id} is accepted`).fill('No instance is connected in this test.')
  }
  await decider.getByRole('textbox', { name: 'Why', exact: true }).fill('It is off everywhere')
  await decider.getByRole('button', { name: 'Go', exact: true }).click()
  await decider.getByRole('button', { name: 'Acknowledge the validation point' }).click()
  await decider
    .getByRole('button', { name: 'Acknowledge the validation point' })
    .waitFor({ state: 'detached' })
  const after = await showRun(stage, run)
  expect(after.steps[1]).toMatchObject({ state: 'go', decidedBy: [stage.technicalLead.id] })
})

test('who leaves long work is told on another page when it has ended', { timeout: 180_000 }, async () => {
  const stage = await setStage(open.server, 'left')
  const run = await openRun(stage)
  await goThrough(stage, run, 1)
  await prepareStep(stage, run, 2)
  // Somebody has to be waited for: an instance that confirms nothing.
  const key = await open.server.sdkKey('left', 'development')
  const silent = await follow(open.server.address, key, { instance: 'silent', acknowledges: false })
  await using visitor = await open.visitAs(stage.developer)
  const { page } = visitor
  await page.goto('/p/left/f/new-checkout/steps/2')
  await page.getByRole('button', { name: 'Start a verification run' }).click()
  await page.getByRole('button', { name: 'It runs' }).waitFor()
  await page.getByRole('link', { name: 'Home', exact: true }).click()
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  const told = page.getByRole('status', { name: 'Finished work' })
  await told.getByText('Verification run has ended').waitFor({ timeout: 120_000 })
  await settled(page)
  expect(await accessibilityFaults(page)).toEqual([])
  await told.getByRole('link', { name: 'Look at it' }).click()
  await page.getByRole('region', { name: 'Verification run' }).waitFor()
  expect(await told.getByText('has ended').count()).toBe(0)
  await silent.close()
})

test(
  'P-S6-5 P-S7-1 P-S7-2 P-S7-3 documents are published, subjects reviewed, the plan approved by three',
  { timeout: 240_000 },
  async () => {
    const stage = await setStage(open.server, 'approval')
    const run = await openRun(stage)
    for (const step of [1, 2, 3, 4, 5]) await goThrough(stage, run, step)
    await using author = await open.visitAs(stage.developer)
    const { page } = author
    await page.goto('/p/approval/f/new-checkout/documents')
    await page.getByRole('button', { name: 'Publish the documents' }).click()
    await page.getByText(/Commit [0-9a-f]{12}/).waitFor()
    await page.getByRole('link', { name: 'Rollout plan' }).first().click()
    await page.getByRole('heading', { name: 'Stages', exact: false }).first().waitFor()
    await goThrough(stage, run, 6, OUTPUTS[5])

    const people = [
      ['technical', 'technical lead', stage.technicalLead],
      ['operations', 'operations lead', stage.operationsLead],
      ['business', 'product owner', stage.productOwner],
    ] as const
    const address = '/p/approval/f/new-checkout/approval'
    await using reviewer = await open.visitAs(stage.technicalLead)
    await reviewer.page.goto(address)
    const strategy = reviewer.page.getByRole('group', { name: 'technical: strategy' })
    await strategy.getByRole('button', { name: 'Comment' }).click()
    await strategy.getByLabel('Comment').fill('Who watches the first hour?')
    await strategy.getByRole('button', { name: 'Send the comment' }).click()
    await strategy.getByText('To be resolved').waitFor()
    await strategy.getByRole('button', { name: 'Resolve', exact: true }).click()
    await strategy.getByLabel('How it was settled').fill('Operations does')
    await strategy.getByRole('button', { name: 'Resolve it' }).click()
    await strategy.getByText('Operations does').waitFor()

    for (const [group, , person] of people) {
      await using visitor = await open.visitAs(person)
      await visitor.page.goto(address)
      const subjects = visitor.page.getByRole('group', { name: new RegExp(`^${group}: `) })
      await subjects.first().waitFor()
      for (const subject of await subjects.all()) {
        await subject.getByRole('button', { name: 'Mark it reviewed' }).click()
        await subject.getByText('Reviewed', { exact: true }).waitFor()
      }
    }
    await page.goto(address)
    await page.getByText('nothing was approved before').waitFor()
    await page.getByRole('button', { name: 'Ask for the approvals' }).click()
    for (const [, role, person] of people) {
      await using visitor = await open.visitAs(person)
      await visitor.page.goto(address)
      await visitor.page.getByRole('button', { name: new RegExp(`as ${role}$`) }).click()
      const mine = visitor.page.getByRole('group', { name: `Approval of the ${role}` })
      await mine.getByText(`Signed by ${person.id}`).waitFor()
    }
    await page.getByText('Exactly this is approved').waitFor()
    await using operations = await open.visitAs(stage.operationsLead)
    await operations.page.goto(address)
    await operations.page.getByRole('button', { name: 'Schedule the rollout' }).click()
    await page.getByText('starts when it is started').waitFor()
    expect((await showRun(stage, run)).state).toBe('completed')

    // A change afterwards voids them, and says in three columns what it is.
    const params = { project: 'approval', run, step: 1 }
    const output = { ...OUTPUTS[0], approach: 'boolean' }
    expectOk(await stage.developer.client.call('writeStep', { params, body: { output } }))
    const changed = page.getByRole('row', { name: /approach/ })
    await changed.getByText('percentage').waitFor()
    await changed.getByText('serves nothing').waitFor()
    await changed.getByText('boolean').waitFor()
    await page
      .getByText(/void since/)
      .first()
      .waitFor()
  },
)

test('P-RB P-A2 a feature is turned off and its rollback led to the report; the audit chain is verified', async () => {
  const stage = await setStage(open.server, 'rollback')
  await openRun(stage)
  await using visitor = await open.visitAs(stage.operationsLead)
  const { page } = visitor
  await page.goto('/p/rollback/f/new-checkout/rollback')
  await page.getByRole('button', { name: /Turn new-checkout off/ }).click()
  await page.getByLabel('What happened').fill('Payments fail')
  await page.getByRole('button', { name: 'Turn it off now' }).click()
  await page.getByRole('heading', { name: 'Rollback of new-checkout' }).waitFor()
  for (const step of [1, 2, 3, 4, 5, 6]) {
    const row = page.getByRole('region', { name: 'Steps' })
    const note = row.getByLabel(/What was done or found|Why it does not apply/)
    if (step > 2 && step < 6) await row.getByRole('radiogroup').getByText('Does not apply').click()
    await note.fill(`step ${step} was looked at`)
    const override = row.getByLabel('Why a failed check is accepted')
    if (await override.isVisible()) await override.fill('nobody was served it')
    await row.getByRole('button', { name: `Finish step ${step}` }).click()
    await row.getByRole('button', { name: `Finish step ${step + 1}` }).waitFor()
  }
  await page.getByLabel('What was done or found').fill('The provider was down')
  await page.getByLabel('Who follows the cause up').fill('shop')
  await page.getByLabel('Until').fill('2027-01-31')
  await page.getByRole('button', { name: 'Finish step 7' }).click()
  await page.getByText('shop follows the cause up until 2027-01-31').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])

  await page.goto('/p/rollback/audit?kind=flag')
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  expect(await page.getByText(/^Intact: [0-9,]+ entries$/).textContent()).not.toBe('')
  const entries = page.getByRole('region', { name: 'Entries' })
  await entries.getByText('flag.', { exact: false }).first().click()
  await entries.getByText('After', { exact: true }).first().waitFor()
})
