/** What happens beside the straight way of a run, and what is computed of it, by command line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { ADMIN_TOKEN, startServer } from '../../../tests/support/server.ts'
import type { TestPerson, TestServer } from '../../../tests/support/server.ts'
import { openRun, prepareStep, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'

let server: TestServer
let stage: Stage
let folder: string

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'shop')
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-acts-'))
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

/** Calls the command line as somebody, or as the administrator. */
async function call(by: TestPerson | undefined, ...args: readonly string[]) {
  return await flagmarshal(args, {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: by?.token ?? ADMIN_TOKEN,
    FLAGMARSHAL_PROJECT: stage.project,
  })
}

async function said(by: TestPerson | undefined, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await call(by, ...args)
  expect(err).toBe('')
  expect(code).toBe(EXIT.ok)
  return out
}

it('P-E11 P-DoD P-D2 P-EX5 lists actions, closes them, and shows what is computed', async () => {
  const { developer, technicalLead, feature } = stage
  const run = await openRun(stage)
  await prepareStep(stage, run, 1)
  const rationale = ['--rationale', 'too thin']
  expect(await said(technicalLead, 'feature', 'decide', feature, '1', 'no-go', ...rationale)).toContain(
    'close-action',
  )
  expect(await said(developer, 'feature', 'actions', feature)).toContain('s1-a1-2')
  for (const action of ['s1-a1-1', 's1-a1-2', 's1-a1-3'])
    await said(developer, 'feature', 'close-action', feature, action, '--note', 'done')
  expect(await said(developer, 'feature', 'show', feature)).toContain('Feature flags ready')
  const done = await call(developer, 'feature', 'done', feature)
  expect(done).toMatchObject({ code: EXIT.gateClosed, out: expect.stringContaining('not met') })
  expect(await said(developer, 'feature', 'outputs', feature, 'strategy')).toContain('not approved')
  const { out } = await call(developer, 'feature', 'propose', feature, '1')
  expect(out).toContain('"type": "release"')
})

it('P-S7-1 comments and resolves', async () => {
  const { developer, feature } = stage
  const text = ['--text', 'what of gift cards?']
  await said(developer, 'feature', 'comment', feature, '--subject', 'business/impact', ...text)
  const resolve = ['resolve', feature, 'c1', '--note', 'they are left out']
  expect(await said(developer, 'feature', ...resolve)).not.toBe('')
})

it('P-O3 breaks a gate in an emergency and reviews it', async () => {
  const { developer, operationsLead, technicalLead, feature } = stage
  const broken = await said(operationsLead, 'gate', 'break', feature, '--reason', 'orders are lost')
  const [, id = ''] = /(glass_[a-z0-9]+)/.exec(broken) ?? []
  expect(await said(developer, 'gate', 'check', feature)).toContain('orders are lost')
  await said(technicalLead, 'gate', 'review', feature, id, '--note', 'it was right')
})

it('P-RB rolls back step by step', async () => {
  const { developer, operationsLead, feature } = stage
  const begun = await said(developer, 'rollback', 'start', feature, '--reason', 'orders are lost')
  const [, id = ''] = /(run_[a-z0-9]+)/.exec(begun) ?? []
  await said(operationsLead, 'rollback', 'step', id, '1', '--done', 'looked at')
  await said(operationsLead, 'rollback', 'step', id, '2', '--done', 'nobody has it')
  await said(operationsLead, 'rollback', 'step', id, '3', '--not-applicable', 'nothing was deployed')
  expect(await said(developer, 'rollback', 'show', id)).toContain('not applicable')
})

it('P-S7-2 shows the policy and replaces it', async () => {
  const file = path.join(folder, 'policy.json')
  await writeFile(file, JSON.stringify({ zone: 'Europe/Berlin', tooFewPeople: { reason: 'we are two' } }))
  expect(await said(undefined, 'policy', 'write', '--file', file)).toContain('revision 2')
  expect(await said(stage.developer, 'policy', 'show')).toContain('we are two')
})
