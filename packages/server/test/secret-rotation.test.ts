/** R17: the key of the secrets is changed while servers run and die, and a lost one is named. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import { Client as Connection } from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import type { TestDatabase } from '../../../tests/support/database.ts'
import { startProcess } from '../../../tests/support/process.ts'
import type { ServerProcess } from '../../../tests/support/process.ts'
import { ADMIN_TOKEN, expectOk } from '../../../tests/support/server.ts'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64'))
const CHANNELS = ['ops', 'dev', 'night']
const OWNERS = CHANNELS.toSorted().map((key) => `channel/shop/${key}`)

let folder: string
let database: TestDatabase
let outside: Connection

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-rotation-'))
  database = await createDatabase()
  outside = new Connection({ connectionString: database.url })
  await outside.connect()
})
afterAll(async () => {
  await outside.end()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function startWith(keys: string): Promise<ServerProcess & { readonly admin: Client }> {
  const settings = {
    FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_DATABASE_URL: database.url,
    FLAGMARSHAL_SECRET_KEY: keys,
    FLAGMARSHAL_DATA_DIR: folder,
  }
  const started = await startProcess({ cwd: folder, settings })
  return { ...started, admin: createClient({ server: started.address, token: ADMIN_TOKEN }) }
}

const sealedForms = async () =>
  (await outside.query<{ secret: string }>('select secret from channels order by key')).rows.map(
    (it) => it.secret,
  )

test('R17 a server that is killed in the middle of a rotation has changed nothing, and the next run ends it', async () => {
  {
    await using first = await startWith(String(OLD))
    expectOk(await first.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
    for (const key of CHANNELS) {
      const body = { key, kind: 'slack' as const, settings: {}, secret: slackUrl(key), subscribes: [] }
      expectOk(await first.admin.call('createChannel', { params: { project: 'shop' }, body }))
    }
  }
  const before = await sealedForms()
  expect(before.every((it) => it.startsWith('v2.'))).toBe(true)

  const killed = await startWith(`${NEW},${OLD}`)
  // The rotation has sealed everything and waits for its turn in the audit chain, which we hold.
  await outside.query('begin')
  await outside.query("select 1 from audit_chains where chain = 'installation' for update")
  const asked = killed.admin.call('rotateSecrets', {}).catch(() => undefined)
  await vi.waitFor(async () => {
    await outside.query('select pg_stat_clear_snapshot()')
    const { rows } = await outside.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%audit_chains%'`,
    )
    expect(rows[0]?.n).toBe(1)
  }, 10_000)
  await killed.kill('SIGKILL')
  await asked
  await outside.query('commit')
  expect(await sealedForms()).toEqual(before)

  await using again = await startWith(`${NEW},${OLD}`)
  const { keys, lost } = expectOk(await again.admin.call('getSecretStatus', {}))
  expect([keys.map((it) => it.secrets), lost]).toEqual([[0, 3], []])
  expect(expectOk(await again.admin.call('rotateSecrets', {}))).toMatchObject({ sealed: 3, unchanged: 0 })
  const after = await sealedForms()
  expect(expectOk(await again.admin.call('rotateSecrets', {}))).toMatchObject({ sealed: 0, unchanged: 3 })
  expect(await sealedForms()).toEqual(after)
  expect(expectOk(await again.admin.call('verifyInstallationAudit'))).toMatchObject({ ok: true })

  // The older key has gone, and is not missed.
  await using last = await startWith(String(NEW))
  expect(expectOk(await last.admin.call('getSecretStatus', {})).lost).toEqual([])
})

test('R17 with a lost key the server starts, and names what must be entered again: in the log, by command, as a metric', async () => {
  await using stranger = await startWith(randomBytes(32).toString('hex'))
  expect(expectOk(await stranger.admin.call('getSecretStatus', {})).lost).toEqual(OWNERS)
  expect(expectOk(await stranger.admin.call('rotateSecrets', {}))).toMatchObject({ sealed: 0, lost: OWNERS })
  const scraped = await (await fetch(`${stranger.address}/metrics`)).text()
  expect(scraped).toContain('flagmarshal_secrets_lost 3')
  const printed = stranger.printed()
  expect(printed).toContain(`enter the secrets of these again: ${OWNERS.join(', ')}`)
  for (const key of CHANNELS) expect(printed).not.toContain(slackUrl(key))
})

function slackUrl(key: string): string {
  return `https://hooks.slack.example/services/T000/B000/${key}`
}
