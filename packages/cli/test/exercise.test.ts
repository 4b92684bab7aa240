/** `flag test` and `drill …` against a real server with real applications connected. */
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startApplication } from '../../../tests/support/application.ts'
import type { Application } from '../../../tests/support/application.ts'
import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { goThrough, openRun, setStage } from '../../server/test/support/procedure.ts'
import type { Stage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { flagmarshal } from './support/program.ts'
import type { Ended } from './support/shell.ts'

const FLAG = 'new-checkout'

let server: TestServer
let stage: Stage
let application: Application

beforeAll(async () => {
  server = await startServer()
  stage = await setStage(server, 'shop')
  const key = await server.sdkKey('shop', 'staging')
  application = await startApplication({
    address: server.address,
    key,
    environment: 'staging',
    layers: ['backend'],
    flag: FLAG,
    allowVerification: true,
  })
  const run = await openRun(stage)
  for (const step of [1, 2, 3]) await goThrough(stage, run, step)
})
afterAll(async () => {
  await application[Symbol.asyncDispose]()
  await server.close()
})

async function call(...args: readonly string[]): Promise<Ended> {
  return await flagmarshal(args, {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: stage.developer.token,
    FLAGMARSHAL_PROJECT: 'shop',
  })
}

it('P-S2-4 flag test tries the flag everywhere, tells the progress, and exits 0', async () => {
  const { code, out, err } = await call('flag', 'test', FLAG)
  expect(code).toBe(EXIT.ok)
  expect(err).toContain('staging: on, 1 instances have served it')
  expect(out).toMatch(/staging +right +1 SDKs, 0 faults +\d+ ms/)
  expect(out).toMatch(/production +right +engine only +no instance connected/)
})

it('flag test --wait 0s accepts and does not wait; what runs ends by itself', async () => {
  const { code, out } = await call('flag', 'test', FLAG, '--wait', '0s', '--traffic', '0s')
  expect(code).toBe(EXIT.ok)
  expect(out).toMatch(/^verification_\w+ is running/)
  await expect.poll(async () => (await call('drill', 'run', FLAG, 'alert')).code, { timeout: 30_000 }).toBe(0)
})

it('P-S4-6 P-S5-6 drill run times the hops of the alarm and the quick disable; drill show lists them', async () => {
  const alert = await call('drill', 'run', FLAG, 'alert')
  expect(alert.code).toBe(EXIT.ok)
  expect(alert.out).toMatch(/our receiver got the alert +\d+ ms/)
  const rollback = await call('drill', 'run', FLAG, 'rollback')
  expect(rollback.code).toBe(EXIT.ok)
  expect(rollback.out).toMatch(/disable in staging, shop-backend +\d+ ms/)

  const shown = await call('drill', 'show', FLAG)
  expect(shown.out).toMatch(/rollback +done +passed +yes/)
  expect(shown.out).toMatch(/alert +done +passed +yes/)
  const [id = ''] = /drill_\w+/.exec(shown.out) ?? []
  expect((await call('drill', 'show', FLAG, id)).out).toContain('verdict')
})

it('refuses a drill that there is not, before it asks the server', async () => {
  const { code, err } = await call('drill', 'run', FLAG, 'data')
  expect(code).toBe(EXIT.usage)
  expect(err).toContain('alert or rollback')
})
