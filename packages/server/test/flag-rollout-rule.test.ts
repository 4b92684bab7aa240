import type { Rule } from '@flagmarshal/evaluation'
import { system } from '@flagmarshal/server/context'
import type { Context } from '@flagmarshal/server/context'
import { placeRolloutRule, readFlagConfig } from '@flagmarshal/server/flag/serve-rollout-rule'
import type { RolloutPlacement } from '@flagmarshal/server/flag/serve-rollout-rule'
import { openPostgres } from '@flagmarshal/server/storage/postgres'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { expectOk, expectProblem, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { configParams, configure, EVERYBODY_ON, newFlag } from './support/flags.ts'

let server: TestServer
let database: ReturnType<typeof openPostgres>
const log = pino({ level: 'silent' })
const context: Context = { actor: system('controller'), requestId: 'tick_1', now: new Date(), log }

beforeAll(async () => {
  server = await startServer()
  database = openPostgres(server.databaseUrl, log)
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
})
afterAll(async () => {
  await database.close()
  await server.close()
})

function ruleOf(id: string, percent: number): Rule {
  return {
    id: `rollout-${id}`,
    name: 'Rollout',
    when: { all: [] },
    serve: {
      exposure: {
        by: 'targetingKey',
        salt: 'abcdefghijklmno',
        hash: 'murmur3',
        audiences: [{ id: 'everybody', when: { all: [] }, ranges: [{ from: 0, to: percent * 1_000 }] }],
        variant: 'on',
      },
    },
    rollout: { id, attempt: 1, treatment: 'on', control: 'off', keySampleRate: 0 },
  }
}

async function flag(key: string) {
  expectOk(await server.admin.call('createFlag', { params: { project: 'shop' }, body: newFlag(key) }))
  return configParams(key)
}

async function place(placement: Omit<RolloutPlacement, 'reason'>) {
  return await database.transaction((tx) => placeRolloutRule(tx, context, { ...placement, reason: 'test' }))
}

test('the controller places its rule, raises it, and takes it away, each by compare-and-set', async () => {
  const key = await flag('placed')
  const first = await place({ ...key, rule: ruleOf('r1', 10), enable: true, expectedRevision: 1 })
  expect(first).toMatchObject({ kind: 'placed', revision: 2 })
  expect(
    await place({ ...key, rule: ruleOf('r1', 10), enable: true, expectedRevision: 2 }),
    'the same again changes nothing',
  ).toEqual(first)
  const raised = await place({ ...key, rule: ruleOf('r1', 50), enable: false, expectedRevision: 2 })
  expect(raised).toMatchObject({ kind: 'placed', revision: 3 })
  expect(await readFlagConfig(database.kysely, key)).toMatchObject({
    enabled: true,
    rules: [ruleOf('r1', 50)],
    variants: { on: true, off: false },
    revision: 3,
    updatedBy: 'controller',
  })
  const gone = await place({ ...key, rule: undefined, enable: false, expectedRevision: 3 })
  expect(gone.kind).toBe('placed')
  expect((await readFlagConfig(database.kysely, key))?.rules).toEqual([])
})

test('R13 somebody’s edit in between is a conflict that says who changed what, and nothing is written', async () => {
  const key = await flag('edited')
  await place({ ...key, rule: ruleOf('r2', 10), enable: true, expectedRevision: 1 })
  const edited = await configure(server, 'edited', EVERYBODY_ON)
  expect(edited.rules, 'a rule that is left out stays').toEqual([ruleOf('r2', 10)])
  const conflict = await place({ ...key, rule: ruleOf('r2', 50), enable: false, expectedRevision: 2 })
  expect(conflict).toEqual({ kind: 'conflict', why: 'edited', current: edited })
  expect(conflict.kind === 'conflict' && conflict.current.updatedBy).toBe('bootstrap')
})

test('another rollout’s rule is not replaced', async () => {
  const key = await flag('taken')
  await place({ ...key, rule: ruleOf('r3', 10), enable: true, expectedRevision: 1 })
  const other = await place({ ...key, rule: ruleOf('r4', 10), enable: true, expectedRevision: 2 })
  expect(other).toMatchObject({ kind: 'conflict', why: 'owned' })
})

test('people send the rule back as it is, or leave it out; they cannot change it or make one', async () => {
  const key = await flag('owned')
  await place({ ...key, rule: ruleOf('r5', 10), enable: true, expectedRevision: 1 })
  const own = { name: 'Mine', when: { all: [] }, serve: { variant: 'off' } }
  const send = async (rules: Parameters<typeof configure>[2]['rules'], ifMatch: number) =>
    await server.admin.call('configureFlag', {
      params: key,
      body: { ...EVERYBODY_ON, fallthrough: { variant: 'off' }, rules },
      ifMatch,
    })
  const stored = expectOk(await server.admin.call('getFlagConfig', { params: key }))
  const [rule] = stored.rules
  if (rule === undefined) throw new Error('there is no rule')

  for (const changed of [
    { ...rule, name: 'Renamed' },
    { ...rule, serve: { variant: 'on' } },
    { ...rule, rollout: { id: 'r5', attempt: 2, treatment: 'on', control: 'off', keySampleRate: 0 } },
    { id: rule.id, name: rule.name, when: rule.when, serve: rule.serve },
  ]) {
    const refused = expectProblem(await send([own, changed], 2))
    expect(refused).toMatchObject({
      status: 409,
      code: 'rule-owned-by-rollout',
      errors: [{ pointer: '/rules/1' }],
    })
  }
  const twice = expectProblem(await send([rule, rule], 2))
  expect(twice.code).toBe('rule-owned-by-rollout')
  const kept = expectOk(await send([own], 2))
  expect(kept.rules.map((it) => it.name)).toEqual(['Mine', 'Rollout'])
  const first = expectOk(await send([rule, ...kept.rules.slice(0, 1)], 3))
  expect(first.rules.map((it) => it.name)).toEqual(['Rollout', 'Mine'])

  const fresh = await flag('no-rollout')
  const made = await server.admin.call('configureFlag', {
    params: fresh,
    body: { ...EVERYBODY_ON, rules: [rule] },
    ifMatch: 1,
  })
  expect(expectProblem(made).code).toBe('rule-owned-by-rollout')
})

test('a kill beside the controller’s writes never loses, and the chain verifies', async () => {
  const key = await flag('raced')
  await place({ ...key, rule: ruleOf('r6', 1), enable: true, expectedRevision: 1 })
  const raising = (async () => {
    for (let percent = 2; percent <= 30; percent++) {
      const now = await readFlagConfig(database.kysely, key)
      await place({
        ...key,
        rule: ruleOf('r6', percent),
        enable: false,
        expectedRevision: now?.revision ?? 0,
      })
    }
  })()
  expectOk(await server.admin.call('killFlag', { params: key, body: { reason: 'Now' } }))
  await raising
  expect((await readFlagConfig(database.kysely, key))?.enabled).toBe(false)
  expect(expectOk(await server.admin.call('verifyAudit', { params: { project: 'shop' } })).ok).toBe(true)
})
