/** People by command line: their roles. */
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'

let server: TestServer

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

it('a person is given other roles, and the last administrator keeps the role', async () => {
  const { id } = await server.person('administrator')
  const admin = callerOf(server, 'shop')
  const said = await admin.said('person', 'roles', id, 'developer', 'administrator')
  expect(said).toBe(`${id} is administrator, developer now; before: administrator. It counts at once.\n`)
  const changed = await admin.json('person', 'roles', id, 'administrator', 'viewer')
  expect(changed).toMatchObject({ id, roles: ['administrator', 'viewer'] })
  const refused = await admin.ends(EXIT.conflict, 'person', 'roles', id, 'viewer')
  expect(refused).toContain('is the last administrator')
  const unknown = await admin.call('person', 'roles', 'nobody', 'viewer')
  expect(unknown).toMatchObject({ out: '', err: expect.stringContaining('There is no person nobody') })
})
