/** The database goes away under a running server and comes back. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Client } from '@flagmarshal/api'
import { createApp } from '@flagmarshal/server/app'
import { systemClock } from '@flagmarshal/server/clock'
import type { Clock } from '@flagmarshal/server/clock'
import { configOf } from '@flagmarshal/server/config'
import { startEmbedded } from '@flagmarshal/server/storage/embedded'
import type { Embedded } from '@flagmarshal/server/storage/embedded'
import { placeFor } from '@flagmarshal/server/storage/embedded/place'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { ADMIN_TOKEN, expectOk, expectProblem, untilServed } from '../../../tests/support/server.ts'
import { newFlag } from './support/flags.ts'

const log = pino({ level: 'silent' })
const environment = 'production'

let folder: string
let postgres: Embedded

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-outage-'))
  await chmod(folder, 0o755)
  postgres = await start()
})
afterEach(async () => {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

function start(): Promise<Embedded> {
  return startEmbedded({ dataDir: folder, log, settings: { fsync: 'off' } })
}

/** A way for PostgreSQL to be away; answers how it comes back. */
type Harm = () => Promise<() => Promise<void>>

const stopped: Harm = async () => {
  await postgres.stop()
  return async () => {
    postgres = await start()
  }
}

/** Its connections stand, and nothing is answered on them. */
const frozen: Harm = async () => {
  const { data } = await placeFor(folder, log)
  const postmaster = Number((await readFile(path.join(data, 'postmaster.pid'), 'utf8')).split('\n')[0])
  // First the one that could make more of them.
  process.kill(postmaster, 'SIGSTOP')
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=']).toString().trim().split('\n')
  const pairs = table.map((line) => line.trim().split(/\s+/).map(Number))
  const children = pairs.flatMap(([pid, parent]) => (pid !== undefined && parent === postmaster ? [pid] : []))
  for (const pid of children) process.kill(pid, 'SIGSTOP')
  return async () => {
    for (const pid of [postmaster, ...children]) process.kill(pid, 'SIGCONT')
  }
}

test.each([
  ['has stopped', stopped],
  ['is frozen', frozen],
])(
  'R1 while PostgreSQL %s, evaluations go on, writes are refused at once, and nothing needs a restart',
  async (_, harm) => {
    let aheadMs = 0
    const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) }
    const settings = {
      FLAGMARSHAL_PORT: '0',
      FLAGMARSHAL_DATABASE_URL: postgres.url,
      FLAGMARSHAL_BOOTSTRAP_TOKEN: ADMIN_TOKEN,
      FLAGMARSHAL_LOG_LEVEL: 'silent',
    }
    const app = await createApp(configOf(settings, folder), { clock })
    try {
      const address = await app.listen()
      const { admin, ann, key } = await setUp(address)
      const before = await evaluate(address, key)

      const comeBack = await harm()
      // A minute later nothing that is remembered for a short while is fresh any more.
      aheadMs = 60_000
      try {
        let writing = true
        const evaluating = evaluateUntil(address, key, () => !writing)
        for (const name of ['first', 'second', 'third']) await refusedWrite(address, name)
        writing = false
        const evaluations = await evaluating
        expect(new Set(evaluations)).toEqual(new Set([before]))
        console.info(`outage: ${evaluations.length} evaluations and snapshots meanwhile, all the same`)

        expect(expectOk(await ann.call('whoAmI')).id).toBe('ann')
        expect(expectProblem(await admin.call('listProjects')).code).toBe('database-unavailable')
        expect((await fetch(`${address}/healthz`)).status).toBe(200)
        const ready = await fetch(`${address}/readyz`)
        expect([ready.status, await ready.json()]).toMatchObject([
          503,
          { ready: false, database: { ok: false } },
        ])
      } finally {
        await comeBack()
      }

      const body = newFlag('first')
      await expect
        .poll(async () => (await admin.call('createFlag', { params: { project: 'shop' }, body })).ok, {
          timeout: 10_000,
        })
        .toBe(true)
      await expect.poll(async () => (await fetch(`${address}/readyz`)).status, { timeout: 10_000 }).toBe(200)
      const verified = await admin.call('verifyAudit', { params: { project: 'shop' } })
      expect(expectOk(verified)).toMatchObject({ ok: true })
    } finally {
      await app.close()
    }
  },
)

async function setUp(address: string): Promise<{ admin: Client; ann: Client; key: string }> {
  const admin = createClient({ server: address, token: ADMIN_TOKEN })
  const params = { project: 'shop' }
  expectOk(await admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  expectOk(await admin.call('createFlag', { params, body: newFlag('greeting') }))
  const { key } = expectOk(
    await admin.call('createKey', { params, body: { kind: 'server', environment, name: 'test' } }),
  )
  await untilServed(address, key, { flag: 'greeting', value: false })
  expectOk(await admin.call('createPerson', { body: { id: 'ann', name: 'Ann', roles: ['viewer'] } }))
  const made = await admin.call('createToken', { params: { person: 'ann' }, body: { name: 'test' } })
  const ann = createClient({ server: address, token: expectOk(made).token })
  expectOk(await ann.call('whoAmI'))
  return { admin, ann, key }
}

/** One evaluation and one snapshot, in one line that is the same each time. */
async function evaluate(address: string, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ context: { targetingKey: 'ann' } })
  const url = `${address}/ofrep/v1/evaluate/flags/greeting`
  const answer = await fetch(url, { method: 'POST', headers, body })
  const snapshot = await fetch(`${address}/api/v1/environments/${environment}/snapshot`, { headers })
  return `${answer.status} ${await answer.text()} ${snapshot.status} ${snapshot.headers.get('etag')} ${(await snapshot.text()).length}`
}

async function evaluateUntil(address: string, key: string, done: () => boolean): Promise<string[]> {
  const answers: string[] = []
  while (!done() || answers.length < 20) answers.push(await evaluate(address, key))
  return answers
}

/** A write that must be refused, with when to try again, while the caller is still there. */
async function refusedWrite(address: string, name: string): Promise<void> {
  const began = performance.now()
  const answer = await fetch(`${address}/api/v1/projects/shop/flags`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(newFlag(name)),
    signal: AbortSignal.timeout(5_000),
  })
  const problem: unknown = await answer.json()
  console.info(`outage: the ${name} write was refused after ${Math.round(performance.now() - began)} ms`)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect(problem).toMatchObject({ status: 503, code: 'database-unavailable' })
}
