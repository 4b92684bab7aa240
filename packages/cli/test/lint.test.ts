/** The lint by command line: a repository and a project that break rules, against a real server. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

import type { LintFinding } from '@flagmarshal/domain/lint/rules'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { execute } from '../../../tests/support/cluster.ts'
import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { newFlag } from '../../server/test/support/flags.ts'
import { createRepository } from '../../server/test/support/git-repository.ts'
import type { TestRepository } from '../../server/test/support/git-repository.ts'
import { goThrough, openRun, OUTPUTS, prepareStep, setStage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

let server: TestServer
let repository: TestRepository
let cli: Caller
const params = { project: 'shop' }

beforeAll(async () => {
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  cli = callerOf(server, 'shop')
  const make = async (key: string, more: object = {}) =>
    expectOk(await server.admin.call('createFlag', { params, body: { ...newFlag(key), ...more } }))
  await make('new-checkout')
  await make('given-up')
  await make('no-owner', { owner: 'nobody' })
  await make('haunted')
  expectOk(
    await server.admin.call('archiveFlag', {
      params: { ...params, flag: 'given-up' },
      body: { reason: 'a test' },
    }),
  )
  repository = await createRepository()
  await repository.commit(
    'src/shop.ts',
    [
      "await client.getBooleanValue('new-checkout', true)",
      "await client.getBooleanValue('new-chekout', false)",
      "await client.getStringValue('new-checkout', 'a')",
      "await client.getBooleanValue('given-up', false)",
    ].join('\n'),
  )
  await repository.commit(
    'flags.json',
    '{"flags": {\n"new-checkout": {"flagType": "string", "defaultValue": "a"}}}',
  )
})
afterAll(async () => {
  await repository[Symbol.asyncDispose]()
  await server.close()
})

const lint = (...args: string[]) => ['lint', '--repository', repository.folder, ...args]

async function findings(...args: string[]): Promise<readonly string[]> {
  const { out } = await cli.call('--json', ...lint(...args))
  const { result } = JSON.parse(out) as { result: { findings: readonly LintFinding[] } }
  return result.findings.map(({ rule, subject, place }) =>
    place === undefined ? `${rule} ${subject}` : `${rule} ${place.file}:${place.line}`,
  )
}

describe('what breaks a rule is told', () => {
  it('of the code, its manifest and the flags; an error ends with 7', async () => {
    expect(await findings()).toEqual([
      'R001 src/shop.ts:2',
      'R002 src/shop.ts:1',
      'R002 src/shop.ts:3',
      'R003 no-owner',
      'R006 src/shop.ts:4',
      'R011 src/shop.ts:3',
      'R011 flags.json:2',
    ])
    expect(await cli.ends(EXIT.invalid, ...lint())).toContain('There is no flag new-chekout.')
  })

  it('of the flags alone without a repository; warnings end with 0', async () => {
    expect(await findings('--no-code')).toEqual(['R003 no-owner'])
    expect(await cli.said('lint', '--no-code')).toContain('no-owner has no owner but "nobody"')
  })

  it('as annotations, and as SARIF in a file', async () => {
    const sarif = path.join(repository.folder, '.git/flags.sarif')
    const { out, code } = await cli.call(...lint('--github', '--sarif', sarif))
    expect(code).toBe(EXIT.invalid)
    expect(out).toContain('::error file=src/shop.ts,line=2,title=R001 unknown flag in code::')
    const { runs } = JSON.parse(readFileSync(sarif, 'utf8')) as { runs: { results: unknown[] }[] }
    expect(runs[0]?.results).toHaveLength(7)
  })

  it('R007 once a repository has reported that no code asks a flag that is evaluated', async () => {
    const upload = ['--upload', '--repo', 'shop', '--layer', 'backend']
    await cli.said('refs', 'scan', '--repository', repository.folder, ...upload)
    await execute(
      server.databaseUrl,
      `insert into usage_minutes (project, environment, flag, variant, minute_end, n, bad, slow)
       values ('shop', 'production', 'haunted', 'off', date_trunc('minute', now()), 1, 0, 0)`,
    )
    expect(await findings('--no-code')).toEqual(['R003 no-owner', 'R007 haunted'])
  })

  it('at the level that the settings give it', async () => {
    const levels = 'lint: {R001: warning, R002: "off", R006: warning, R011: warning, R003: "off"}'
    await repository.commit('flagmarshal/refs.yaml', levels)
    expect(await cli.said(...lint())).toContain('R001  warning')
    expect((await findings()).filter((it) => /R002|R003/.test(it))).toEqual([])
  })
})

it('R009 a criterion that nothing was counted for in 7 days is told, and no more once something was; R008 a plan that only holds', async () => {
  const stage = await setStage(server, 'plans')
  const run = await openRun(stage)
  for (const step of [1, 2]) await goThrough(stage, run, step)
  await prepareStep(stage, run, 3)
  const rules = async () => {
    const { items } = expectOk(await server.admin.call('listLintFindings', { params: { project: 'plans' } }))
    return [...new Set(items.map((it) => it.rule))]
  }
  expect(await rules()).toEqual(['R009'])
  await execute(
    server.databaseUrl,
    `insert into usage_minutes (project, environment, flag, variant, minute_end, n, bad, slow)
     select 'plans', key, '${stage.feature}', 'off', date_trunc('minute', now()) - interval '8 days', 1, 0, 0
     from environments where project = 'plans'`,
  )
  expect(await rules()).toEqual(['R009'])
  await execute(
    server.databaseUrl,
    `update usage_minutes set minute_end = minute_end + interval '3 days' where project = 'plans'`,
  )
  expect(await rules()).toEqual([])
  const output = structuredClone(OUTPUTS[2]) as { plan: { criteria: { onFail: string }[] } }
  for (const it of output.plan.criteria) it.onFail = 'hold'
  const address = { project: 'plans', run, step: '3' }
  expectOk(await stage.developer.client.call('writeStep', { params: address, body: { output } }))
  expect(await rules()).toEqual(['R008'])
})
