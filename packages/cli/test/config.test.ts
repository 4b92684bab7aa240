/** Configuration as code against a real server: plan, apply, export, and the way round. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { goThrough, openRun, prepareStep, setStage } from '../../server/test/support/procedure.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

let server: TestServer
let cli: Caller
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-config-'))
  server = await startServer()
  for (const key of ['shop', 'copy', 'large'])
    expectOk(await server.admin.call('createProject', { body: { key, name: 'Shop' } }))
  cli = callerOf(server, 'shop')
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (...parts: string[]) => path.join(folder, ...parts)

function write(name: string, ...lines: string[]): void {
  mkdirSync(path.dirname(at(name)), { recursive: true })
  writeFileSync(at(name), `${lines.join('\n')}\n`)
}

/** Every file below a folder with its text. */
function contents(of: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(of, { recursive: true, withFileTypes: true })
      .filter((it) => it.isFile())
      .map((it) => [
        path.relative(of, path.join(it.parentPath, it.name)),
        readFileSync(path.join(it.parentPath, it.name), 'utf8'),
      ]),
  )
}

const FLAG = [
  'apiVersion: flagmarshal.dev/v1',
  'kind: Flag',
  'metadata: {name: new-checkout}',
  'spec:',
  '  owner: payments',
  '  layers: [backend]',
  '  environments:',
  '    staging:',
  '      enabled: true',
  '      rules:',
  '        - name: Staff',
  '          when: {segment: staff}',
  '          serve: {variant: "on"}',
  '        - name: A quarter',
  '          when: {all: []}',
  '          serve: {allocation: {ranges: [{from: 0, to: 25000, variant: "on"}]}}',
]
const SEGMENT = [
  'apiVersion: flagmarshal.dev/v1',
  'kind: Segment',
  'metadata: {name: staff}',
  'spec: {environments: {staging: {include: [ada, bob]}}}',
]

it('plan shows what would be made, apply makes it, and then there is nothing to do', async () => {
  write('repo/flags.yaml', ...FLAG, '---', ...SEGMENT)
  const from = ['--from', at('repo')]
  const planned = await cli.ends(EXIT.drift, 'config', 'plan', ...from)
  expect(planned).toContain('+ Flag new-checkout  (flags.yaml:1)')
  expect(planned).toContain('2 to create, 0 to change, 0 as they are.')
  expect(await cli.said('config', 'apply', ...from)).toContain('2 applied.')
  expect(await cli.said('config', 'plan', ...from)).toContain('0 to create, 0 to change, 2 as they are.')
  expect(await cli.said('config', 'apply', ...from)).toContain('Nothing to do')
  const explained = await cli.json('flag', 'explain', 'new-checkout', '-e', 'staging', '--user', 'ada')
  expect(explained).toMatchObject({ value: true })
})

it('a difference is shown place by place, and a salt that nobody wrote stays', async () => {
  const salt = async () => {
    const flag = await cli.json<{ environments: { environment: string; rules: unknown[] }[] }>(
      'flag',
      'show',
      'new-checkout',
    )
    return JSON.stringify(flag.environments.find((it) => it.environment === 'staging')?.rules[1])
  }
  const before = await salt()
  write(
    'repo/flags.yaml',
    ...FLAG.map((it) => (it.includes('owner') ? '  owner: checkout' : it)).slice(0, 10),
    '        - name: Beta',
    '          when: {attribute: plan, op: equals, values: [beta]}',
    '          serve: {variant: "on"}',
    ...FLAG.slice(10),
    '---',
    ...SEGMENT.slice(0, 3),
    'spec: {environments: {staging: {include: [bob, cleo]}}}',
  )
  const planned = await cli.ends(EXIT.drift, 'config', 'plan', '--from', at('repo'))
  expect(planned).toContain('    owner: "payments" → "checkout"')
  expect(planned).toContain('environments/staging/rules/rule-beta: nothing → {"name":"Beta"')
  expect(planned).toContain('environments/staging/include/ada: true → nothing')
  expect(planned).not.toContain('rule-staff')
  await cli.said('config', 'apply', '--from', at('repo'))
  const flag = await cli.json<{ owner: string }>('flag', 'show', 'new-checkout')
  expect(flag.owner).toBe('checkout')
  expect(await salt()).not.toBe(before)
  expect(JSON.stringify(flag)).toContain(before)
})

it('an export applied to another project and exported again gives the same bytes', async () => {
  await cli.said(
    'flag',
    'create',
    'limit',
    '--owner',
    'a',
    '--layer',
    'backend',
    '--type',
    'number',
    '--variant',
    'low=1',
    'high=5',
    '--off',
    'low',
    '--description',
    'What: a "limit"\nof two lines',
  )
  const counted = await cli.json<{ documents: string[] }>('config', 'export', '--output', at('one'))
  expect(counted.documents).toContain('Procedure feature-flag-rollout')
  const copy = callerOf(server, 'copy')
  expect(await copy.ends(EXIT.drift, 'config', 'plan', '--from', at('one'))).toContain('3 to create')
  await copy.said('config', 'apply', '--from', at('one'))
  await copy.said('config', 'export', '--output', at('two'))
  expect(contents(at('two'))).toEqual(contents(at('one')))
  // An export writes only what is another one, and asks before it replaces.
  expect(await copy.json('config', 'export', '--output', at('one'))).toMatchObject({ written: [] })
  writeFileSync(at('one', 'flags', 'limit.yaml'), '# mine\n')
  expect(await copy.ends(EXIT.drift, 'config', 'export', '--output', at('one'))).toContain(
    'would be replaced',
  )
  expect(readFileSync(at('one', 'flags', 'limit.yaml'), 'utf8')).toBe('# mine\n')
})

it('a key with separators is a file in folders, and finds its schema', async () => {
  const key = 'Team/Checkout:v2|EU'
  await cli.said('flag', 'create', key, '--owner', 'a', '--layer', 'backend')
  await cli.said('config', 'export', '--output', at('keys'))
  const text = readFileSync(at('keys', 'flags', 'Team', 'Checkout%3Av2%7CEU.yaml'), 'utf8')
  expect(text).toContain('$schema=../../.schema/flag.json')
  expect(await cli.said('config', 'plan', '--from', at('keys'))).toContain('0 to create, 0 to change')
})

it('what is written fits the schemas that the server publishes', async () => {
  cpSync(at('two'), at('fits'), { recursive: true })
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  for (const [file, text] of Object.entries(contents(at('fits')))) {
    if (!file.endsWith('.yaml')) continue
    const [, schema = ''] = /\$schema=(\S+)/.exec(text) ?? []
    const local = JSON.parse(readFileSync(path.join(at('fits'), path.dirname(file), schema), 'utf8'))
    const kind = (parse(text) as { kind: string }).kind
    expect(await cli.json('config', 'schema', kind)).toEqual(local)
    const validate = ajv.compile(local)
    expect(validate(parse(text)), `${file}: ${JSON.stringify(validate.errors)}`).toBe(true)
  }
})

it('every mistake is named with its place, before anything is applied', async () => {
  write('bad/a.yaml', ...FLAG.slice(0, 5), '  layers: [backend]', '  colour: red', '---', 'kind: Flag')
  write('bad/b.yaml', 'apiVersion: flagmarshal.dev/v1', 'kind: Cake', '---', 'a: [1')
  write('bad/c.yaml', ...SEGMENT, '---', ...SEGMENT)
  const said = await cli.ends(EXIT.invalid, 'config', 'apply', '--from', at('bad'))
  expect(said).toContain('a.yaml:5: spec: Unrecognized key: "colour"')
  expect(said).toContain('a.yaml:9: apiVersion must be flagmarshal.dev/v1.')
  expect(said).toContain('b.yaml:2: kind must be one of Environment, Segment, Flag')
  expect(said).toMatch(/b\.yaml:\d: Flow sequence/)
  expect(said).toContain('c.yaml:6: Segment staff stands in c.yaml:1 already.')
  expect(await cli.ends(EXIT.usage, 'config', 'plan', '--from', at('nowhere'))).toContain(
    'flagmarshal config export',
  )
})

it('what cannot be is refused whole; exposure in a protected environment goes through the gate or a draft', async () => {
  const inProduction = FLAG.map((it) => it.replace('staging', 'production'))
  write('prod/flags.yaml', ...inProduction.map((it) => it.replace('new-checkout', 'search')), '  kind: ops')
  const planned = await cli.ends(EXIT.drift, 'config', 'plan', '--from', at('prod'))
  expect(planned).toContain('! raises exposure in production')
  const refused = await cli.ends(EXIT.gateClosed, 'config', 'apply', '--from', at('prod'))
  expect(refused).toContain('flags.yaml:1: Flag search:')
  const applied = await cli.said('config', 'apply', '--from', at('prod'), '--draft', 'as agreed')
  expect(applied).toMatch(/flagmarshal draft request draft_\w+/)

  write('prod/flags.yaml', ...FLAG.map((it) => it.replace('staging', 'moon')), '  kind: ops')
  const said = await cli.ends(EXIT.invalid, 'config', 'apply', '--from', at('prod'))
  expect(said).toContain('the project has no environment moon')
  expect(said).toContain('kind was release when it was created, and stays so')
})

it('an environment that is missing is added, and flags are configured in it at once', async () => {
  const environment = [
    'apiVersion: flagmarshal.dev/v1',
    'kind: Environment',
    'metadata: {name: qa}',
    'spec: {name: Quality, protected: false}',
  ]
  const flag = FLAG.map((it) => it.replace('staging', 'qa'))
  write('qa/all.yaml', ...flag, '---', ...environment)
  expect(await cli.said('config', 'apply', '--from', at('qa'))).toContain('2 applied.')
  expect(await cli.said('config', 'plan', '--from', at('qa'))).toContain('2 as they are')
  expect(await cli.json('flag', 'show', 'new-checkout')).toMatchObject({
    environments: expect.arrayContaining([expect.objectContaining({ environment: 'qa', enabled: true })]),
  })
  write('qa/all.yaml', ...environment.slice(0, 3), 'spec: {name: Quality, protected: true}')
  const refused = await cli.ends(EXIT.invalid, 'config', 'apply', '--from', at('qa'))
  expect(refused).toContain('keeps its name and its protection')
})

it('a plan is exported, changed with criteria that others share, and applied to step 3 of the run', async () => {
  const stage = await setStage(server, 'plans')
  const run = await openRun(stage)
  for (const step of [1, 2]) await goThrough(stage, run, step)
  await prepareStep(stage, run, 3)
  const by = callerOf(server, 'plans', stage.developer)
  await by.said('config', 'export', '--output', at('plans'))
  const file = at('plans', 'rollouts', `${stage.feature}.yaml`)
  const written = parse(readFileSync(file, 'utf8')) as { spec: { criteria: unknown; alpha: number } }
  const { criteria, alpha } = written.spec
  const apiVersion = 'flagmarshal.dev/v1'
  const shared = { apiVersion, kind: 'Criteria', metadata: { name: 'usual' }, spec: { criteria } }
  const spec = { ...written.spec, alpha: alpha / 2, criteria: [{ from: 'usual' }] }
  writeFileSync(file, stringify({ ...written, spec }))
  const from = ['--from', at('plans')]
  expect(await by.ends(EXIT.invalid, 'config', 'plan', ...from)).toContain('Criteria document usual')
  writeFileSync(at('plans', 'criteria.yaml'), stringify(shared))

  const planned = await by.ends(EXIT.drift, 'config', 'plan', ...from)
  expect(planned).toContain(`    alpha: ${alpha} → ${alpha / 2}`)
  expect(planned).toContain('0 to create, 1 to change')
  await by.said('config', 'apply', ...from)
  const params = { project: 'plans', run, step: 3 }
  const { output } = expectOk(await stage.developer.client.call('showStep', { params }))
  expect(output['plan']).toMatchObject({ alpha: alpha / 2, criteria })
  expect(await by.said('config', 'plan', ...from)).toContain('0 to change')

  writeFileSync(file, stringify({ ...written, metadata: { name: 'nothing' } }))
  expect(await by.ends(EXIT.invalid, 'config', 'apply', ...from)).toContain('no feature nothing')
})

it(
  'a project of 1,000 flags is applied, compared and exported in seconds',
  { timeout: 240_000 },
  async () => {
    const flags = Array.from({ length: 1_000 }, (_, i) =>
      FLAG.map((it) => it.replace('new-checkout', `flag-${i}`)).join('\n'),
    )
    write('large/flags.yaml', flags.join('\n---\n'), '---', ...SEGMENT)
    const large = callerOf(server, 'large')
    const from = ['--from', at('large')]
    const times: Record<string, number> = {}
    const timed = async (name: string, work: () => Promise<unknown>) => {
      const began = performance.now()
      await work()
      times[name] = Math.round(performance.now() - began)
    }
    await timed('apply', async () =>
      expect(await large.said('config', 'apply', ...from)).toContain('1001 applied.'),
    )
    await timed('plan', async () => await large.said('config', 'plan', ...from))
    await timed('export', async () => await large.said('config', 'export', '--output', at('large-out')))
    expect(Object.keys(contents(at('large-out', 'flags')))).toHaveLength(1_000)
    console.info(`1,000 flags: ${JSON.stringify(times)} ms`)
  },
)
