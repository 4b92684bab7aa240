/** Flags of every type, `export` and `import`, against a real server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

let server: TestServer
let cli: Caller
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-exchange-'))
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  cli = callerOf(server, 'shop')
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function file(name: string, content: unknown): string {
  const at = path.join(folder, name)
  writeFileSync(at, JSON.stringify(content))
  return at
}

it('flag create takes numbers and objects as JSON, with a schema; flag edit changes them', async () => {
  const create = (key: string, ...more: string[]) =>
    cli.json('flag', 'create', key, '--owner', 'team-a', '--layer', 'backend', ...more)
  expect(await create('limit', '--type', 'number', '--variant', 'low=0.5', 'high=3')).toMatchObject({
    valueType: 'number',
    variants: { low: 0.5, high: 3 },
  })
  const schema = file('schema.json', { type: 'object', required: ['title'] })
  expect(
    await create(
      'banner',
      '--type',
      'object',
      '--schema',
      schema,
      '--off',
      'off',
      '--variant',
      'on={"title": "Hi"}',
      'off={"title": ""}',
    ),
  ).toMatchObject({ variants: { on: { title: 'Hi' } }, schema: { required: ['title'] } })

  const bad = file('variants.json', { on: { name: 'Hi' }, off: { title: '' } })
  expect(await cli.ends(EXIT.invalid, 'flag', 'edit', 'banner', '--variants', bad)).toContain('/variants/on')
  expect(await cli.json('flag', 'edit', 'banner', '--variants', bad, '--no-schema')).toMatchObject({
    variants: { on: { name: 'Hi' } },
  })
})

it('import says what is not the same, a dry run stores nothing, and export gives it back', async () => {
  const targeting = { if: [{ '===': [{ var: ['plan'] }, 'pro'] }, 'on'] }
  const flag = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting }
  const late = { ...flag, targeting: { if: [true, 'green'] } }
  const given = file('flags.json', { flags: { pro: flag, late } })
  const args = ['import', given, '-e', 'development', '--owner', 'team-a']

  const dry = await cli.call(...args, '--dry-run')
  expect(dry).toMatchObject({
    code: EXIT.ok,
    err: expect.stringContaining('HIGH  flag late: It is left out'),
  })
  expect(dry.out).toContain('would be created: pro')
  expect(await cli.json(...args)).toMatchObject({ created: ['pro'], report: [{ severity: 'HIGH' }] })

  const output = path.join(folder, 'flagd.json')
  expect(await cli.said('export', '-e', 'development', '--output', output)).toContain('is written')
  const written: unknown = JSON.parse(readFileSync(output, 'utf8'))
  expect(written).toMatchObject({
    flags: { pro: { state: 'ENABLED', variants: flag.variants, defaultVariant: 'off' } },
  })
  const manifest: unknown = JSON.parse(await cli.said('export', '-e', 'development', '--format', 'manifest'))
  expect(manifest).toMatchObject({ flags: { pro: { flagType: 'boolean', defaultValue: false } } })
})

it('import reads YAML and TOML, and the environment of another tool', async () => {
  const yaml = path.join(folder, 'growthbook.yaml')
  const rule = '{ condition: { country: DE }, force: true }'
  writeFileSync(yaml, `features:\n  from-yaml:\n    defaultValue: false\n    rules: [${rule}]\n`)
  const args = ['--format', 'growthbook', '-e', 'development', '--owner', 'team-a']
  expect(await cli.json('import', yaml, ...args)).toMatchObject({ created: ['from-yaml'] })
  const toml = path.join(folder, 'growthbook.toml')
  writeFileSync(toml, '[features.from-toml]\ndefaultValue = "red"\n')
  expect(await cli.json('import', toml, ...args)).toMatchObject({ created: ['from-toml'] })
  const definition = JSON.stringify({ defaultValue: 7 })
  const features = [{ id: 'from-api', environments: { live: { enabled: true, definition } } }]
  const api = file('api.json', { features })
  expect(await cli.json('import', api, ...args, '--from', 'live')).toMatchObject({ created: ['from-api'] })
  writeFileSync(toml, 'no = toml = at all')
  expect(await cli.ends(EXIT.usage, 'import', toml, ...args)).toContain('cannot be read')
})

it('import of LaunchDarkly takes one environment of several, and names segments', async () => {
  const rule = { clauses: [{ attribute: '', op: 'segmentMatch', values: ['beta'] }], variation: 0 }
  const configuration = { offVariation: 1, fallthrough: { variation: 1 }, salt: 's', rules: [rule] }
  const environments = { production: { ...configuration, on: true }, test: { ...configuration, on: false } }
  const variations = [{ value: 'a', name: 'Red' }, { value: 'b' }]
  const flags = { items: [{ key: 'color', name: 'Color', variations, environments }] }
  const segments = { items: [{ key: 'beta', name: 'Beta', included: ['ada'], rules: [] }] }
  const given = file('launchdarkly.json', { flags, segments })
  const args = ['import', given, '--format', 'launchdarkly', '-e', 'development', '--owner', 'team-a']

  expect(await cli.call(...args, '--dry-run')).toMatchObject({
    code: EXIT.ok,
    err: expect.stringContaining('several environments (production, test)'),
  })
  const said = await cli.said(...args, '--from', 'production')
  expect(said).toContain('created: segments beta')
  expect(said).toContain('created: color')
  expect(await cli.json('flag', 'show', 'color')).toMatchObject({
    name: 'Color',
    variants: { Red: 'a', 'variation-1': 'b' },
  })
})

it('import takes the features of Unleash, of the environment that is named, and unleash check says what its SDKs do not get', async () => {
  const environments = ['production', 'staging'].map((name) => ({
    name,
    enabled: name === 'production',
    strategies: [{ name: 'default' }],
  }))
  const features = file('features.json', { features: [{ name: 'Team/NewSearch', environments }] })
  const args = ['import', features, '--format', 'unleash', '-e', 'staging', '--owner', 'team-a']
  expect(await cli.json(...args, '--from', 'production')).toMatchObject({
    created: ['Team/NewSearch'],
    report: [],
  })
  expect(await cli.json('flag', 'explain', 'Team/NewSearch', '-e', 'staging')).toMatchObject({ value: true })

  const ranges = [{ from: 0, to: 50_000, variant: 'on' }]
  const half = { enabled: true, offVariant: 'off', rules: [], fallthrough: { allocation: { ranges } } }
  await cli.said('flag', 'create', 'half-of-them', '--owner', 'a', '--layer', 'backend')
  await cli.said('flag', 'set', 'half-of-them', '-e', 'staging', '-f', file('half.json', half))
  await expect
    .poll(() => cli.said('unleash', 'check', '-e', 'staging'))
    .toMatch(/half-of-them +its shares are of the scheme murmur3/)
})

it('a long import is many short requests, told as one', async () => {
  const flag = { state: 'ENABLED', variants: { on: true }, defaultVariant: 'on' }
  const keys = Array.from({ length: 60 }, (_, index) => `many-${index}`)
  const broken = { state: 'ENABLED', variants: {} }
  const flags = Object.fromEntries(keys.map((key) => [key, flag]))
  const args = [
    'import',
    file('many.json', { flags: { ...flags, broken } }),
    '-e',
    'development',
    '--owner',
    'a',
  ]
  const answer = await cli.json(...args)
  expect(answer).toMatchObject({ created: keys, total: 60 })
  expect(answer).toMatchObject({ report: [{ severity: 'HIGH', entity: 'flag broken' }] })
})
