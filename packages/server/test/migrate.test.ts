/** R10: forward from an empty database and from that of an earlier version, each migration whole or not at all. */
import { createClient } from '@flagmarshal/api'
import { migrate, readMigrations } from '@flagmarshal/server/storage/migrate'
import { Client } from 'pg'
import { pino } from 'pino'
import { expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { record } from '../../../tests/support/soak.ts'
import { earlierDatabase, EARLIER, emptyDatabase } from './support/earlier/database.ts'
import { newFlag } from './support/flags.ts'
import { startMortal } from './support/mortal.ts'

const log = pino({ level: 'silent' })

/** Tables, columns, constraints, indexes, triggers and functions, as PostgreSQL writes them. */
const SHAPE = `
  select 'column' as kind, table_name || '.' || column_name as name,
    concat_ws(' ', data_type, is_nullable, column_default, is_identity) as text
  from information_schema.columns where table_schema = 'public'
  union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
  union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
  union all select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
  from pg_trigger where not tgisinternal
  union all select 'function', proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace
  order by 1, 2, 3`

async function query<R extends object>(url: string, text: string): Promise<R[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<R>(text)).rows
  } finally {
    await client.end()
  }
}

const shapeOf = (url: string) => query<{ kind: string; name: string; text: string }>(url, SHAPE)

const numbersIn = async (url: string) =>
  (await query<{ number: number }>(url, 'select number from migrations order by number')).map(
    (it) => it.number,
  )

test('R10 an empty database and that of an earlier version end in the same shape, and nothing runs twice', async (context) => {
  await using empty = await emptyDatabase()
  await using earlier = await earlierDatabase()
  await using template = await createDatabase()
  for (const url of [empty.url, earlier.url]) {
    await migrate(url, log)
    const shape = await shapeOf(url)
    expect(shape.length).toBeGreaterThan(300)
    expect(shape).toEqual(await shapeOf(template.url))
    await migrate(url, log)
    expect(await shapeOf(url)).toEqual(shape)
  }
  const all = (await readMigrations()).map((it) => it.number)
  expect(await numbersIn(earlier.url)).toEqual(all)
  const since = all.filter((it) => it > EARLIER.migration).length
  record(context, {
    done: `migrations from nothing (${all.length}) and from the database of an earlier version (${since})`,
    times: 2,
    result: 'the same shape, and nothing twice',
  })
})

test('R10 a server goes on with everything that an earlier version left', async (context) => {
  await using earlier = await earlierDatabase()
  const settings = { FLAGMARSHAL_SECRET_KEY: EARLIER.secretKey }
  await using server = await startMortal(earlier.url, { settings })
  const { admin } = server
  const params = { project: EARLIER.project }
  const verdict = expectOk(await admin.call('verifyAudit', { params, body: { anchor: EARLIER.audit } }))
  expect(verdict).toMatchObject({ ok: true })
  const developer = createClient({ server: server.address, token: EARLIER.developer.token })
  expect(expectOk(await developer.call('whoAmI')).id).toBe(EARLIER.developer.id)
  const run = expectOk(await developer.call('showRun', { params: { ...params, run: EARLIER.run } }))
  expect(run.state).toBe('approved')
  expect(run.approvals).toHaveLength(3)
  const segment = expectOk(await admin.call('getSegment', { params: { ...params, segment: 'crew' } }))
  expect(segment.environments.find((it) => it.environment === 'staging')?.include).toEqual(['ada', 'bob'])

  const sdk = createClient({ server: server.address, token: EARLIER.sdkKey })
  const { flags } = expectOk(await sdk.call('getSnapshot', { params: { environment: 'staging' } }))
  expect(flags.find((it) => it.key === 'old-kill')).toMatchObject({ enabled: false })
  // And it is written to.
  expect(expectOk(await admin.call('rotateSecrets')).lost).toEqual([])
  expectOk(await developer.call('createFlag', { params, body: newFlag('after-the-upgrade') }))
  expect(expectOk(await admin.call('verifyAudit', { params }))).toMatchObject({ ok: true })
  record(context, {
    done: 'a start on the database of an earlier version',
    times: 1,
    result: `its run, approvals, flags, segment, tokens and keys are there, and its ${EARLIER.audit.count} audit entries verify`,
  })
})

test('R10 a migration that fails leaves nothing of itself, and runs once it can', async () => {
  await using earlier = await earlierDatabase()
  const next = (await readMigrations()).find(
    (it) => /create table \w+/.test(it.sql) && it.number > EARLIER.migration,
  )
  const table = /create table (\w+)/.exec(next?.sql ?? '')?.[1]
  expect(table).toBeDefined()
  await query(earlier.url, `create table ${table} (in_the_way boolean)`)
  const before = (await shapeOf(earlier.url)).filter((it) => it.name.startsWith(`${table}.`))
  await expect(migrate(earlier.url, log)).rejects.toThrow(`running migration ${next?.number}`)
  expect((await shapeOf(earlier.url)).filter((it) => it.name.startsWith(`${table}.`))).toEqual(before)
  expect(await numbersIn(earlier.url)).not.toContain(next?.number)
  await query(earlier.url, `drop table ${table}`)
  await migrate(earlier.url, log)
  expect(await numbersIn(earlier.url)).toContain(next?.number)
})
