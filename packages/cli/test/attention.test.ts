/** By command line: what needs somebody, how the product is, and the lists that people look back in. */
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { openRun, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'

let server: TestServer
let stage: Stage

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'shop')
  await openRun(stage)
})
afterAll(() => server.close())

it('what needs me is named with the command that does it', async () => {
  const lead = callerOf(server, 'shop', stage.technicalLead)
  expect(await lead.said('attention')).toMatch(/open +new-checkout .* flagmarshal feature \w+ new-checkout 1/)
  const { items, runs } = await lead.json<{ items: unknown[]; runs: unknown[] }>('attention')
  expect([items.length, runs.length]).toEqual([1, 1])
  const nobody = callerOf(server, 'shop')
  expect(await nobody.said('attention')).toContain('Nothing needs you.')
})

it('the status says what runs and who is connected', async () => {
  const said = await callerOf(server, 'shop').said('status')
  expect(said).toMatch(/^Flagmarshal \d+\.\d+\.\d+ on Node v24.*PostgreSQL/)
  expect(said).toMatch(/dispatcher +ok/)
  expect(said).toMatch(/shop +production +\d+ +0 +0 +0/)
})

it('P-RB rollbacks and evidence are listed', async () => {
  const ops = callerOf(server, 'shop', stage.operationsLead)
  await ops.said('rollback', 'start', 'new-checkout', '--reason', 'orders fail')
  expect(await ops.said('rollback', 'list', '--feature', 'new-checkout')).toMatch(
    /run_\w+ +new-checkout .*orders fail/,
  )
  await ops.said('feature', 'check', 'new-checkout', '1').catch(() => '')
  expect(await ops.said('evidence', 'list', 'new-checkout')).toMatch(/[0-9a-f]{12} +check/)
})

it('a step and a work plan are written against the revision that was seen', async () => {
  const developer = callerOf(server, 'shop', stage.developer)
  const step = ['feature', 'step', 'new-checkout', '1']
  expect(await developer.said(...step)).toContain('revision 1)')
  await developer.ends(EXIT.usage, ...step, '--file', '/dev/null', '--if-revision', 'three')
})
