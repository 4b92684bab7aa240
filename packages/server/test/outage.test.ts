/** The database goes away under a running server and comes back. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import { createApp } from '@flagmarshal/server/app'
import { configOf } from '@flagmarshal/server/config'
import { startEmbedded } from '@flagmarshal/server/storage/embedded'
import type { Embedded } from '@flagmarshal/server/storage/embedded'
import { pino } from 'pino'
import { expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk, expectProblem } from '../../../tests/support/server.ts'

test('without its database the server answers what it can, says what it cannot, and recovers', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-outage-'))
  await chmod(folder, 0o755)
  const start = (): Promise<Embedded> =>
    startEmbedded({ dataDir: folder, log: pino({ level: 'silent' }), settings: { fsync: 'off' } })
  let postgres = await start()
  const settings = {
    FLAGMARSHAL_PORT: '0',
    FLAGMARSHAL_DATABASE_URL: postgres.url,
    FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_LOG_LEVEL: 'silent',
  }
  const app = await createApp(configOf(settings, folder))
  try {
    const address = await app.listen()
    const admin = createClient({ server: address, token: ADMIN_TOKEN })
    expectOk(await admin.call('createPerson', { body: { id: 'ann', name: 'Ann', roles: ['viewer'] } }))
    const made = await admin.call('createToken', { params: { person: 'ann' }, body: { name: 'test' } })
    const ann = createClient({ server: address, token: expectOk(made).token })
    expectOk(await ann.call('whoAmI'))

    await postgres.stop()
    expect(expectOk(await ann.call('whoAmI')).id).toBe('ann')
    expect((await fetch(`${address}/healthz`)).status).toBe(200)
    const ready = await fetch(`${address}/readyz`)
    expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false, database: { ok: false } }])
    const body = { key: 'shop', name: 'Shop' }
    expect(expectProblem(await admin.call('createProject', { body }))).toMatchObject({
      status: 503,
      code: 'database-unavailable',
    })
    const raw = await fetch(`${address}/api/v1/projects`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
    expect([raw.status, raw.headers.get('retry-after')]).toEqual([503, '1'])

    postgres = await start()
    await expect
      .poll(async () => (await admin.call('createProject', { body })).ok, { timeout: 10_000 })
      .toBe(true)
    expect((await fetch(`${address}/readyz`)).status).toBe(200)
  } finally {
    await app.close()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
})
