/** A server that is a process of its own and may be killed: its settings, and its people once it runs. */
import { createClient } from '@flagmarshal/api'

import { ADMIN_TOKEN, expectOk } from '../../../../tests/support/server.ts'
import type { TestServer } from '../../../../tests/support/server.ts'

/** Settings of a process that lives in a folder, on a database that outlives it; it may call this machine. */
export function mortalSettings(folder: string, databaseUrl: string): Readonly<Record<string, string>> {
  return {
    FLAGMARSHAL_DATA_DIR: folder,
    FLAGMARSHAL_DATABASE_URL: databaseUrl,
    FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_LOG_LEVEL: 'silent',
    FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
  }
}

/** As much of a test server as a stage is made with. */
export function peopleOf({
  address,
}: {
  readonly address: string
}): Pick<TestServer, 'address' | 'admin' | 'person' | 'sdkKey'> {
  const admin = createClient({ server: address, token: ADMIN_TOKEN })
  let people = 0
  return {
    address,
    admin,
    async person(...roles) {
      const id = `${roles[0]}-${++people}`
      expectOk(await admin.call('createPerson', { body: { id, name: id, roles } }))
      const body = { name: 'test' }
      const { token } = expectOk(await admin.call('createToken', { params: { person: id }, body }))
      return { id, token, client: createClient({ server: address, token }) }
    },
    async sdkKey(project, environment, kind = 'server') {
      const body = { kind, environment, name: 'test' }
      return expectOk(await admin.call('createKey', { params: { project }, body })).key
    },
  }
}
