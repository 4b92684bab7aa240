/** `codegen` and `manifest`: generated accessors are compiled and called, against a real server. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'
import type { Caller } from './support/caller.ts'

const modules = path.resolve(import.meta.dirname, '../../../node_modules')

let server: TestServer
let cli: Caller
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-codegen-'))
  symlinkSync(modules, path.join(folder, 'node_modules'))
  writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}')
  server = await startServer()
  expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
  cli = callerOf(server, 'shop')
  const create = (key: string, ...more: string[]) =>
    cli.said('flag', 'create', key, '--owner', 'team-a', '--layer', 'backend', ...more)
  await create('new-checkout', '--description', 'The checkout in one page')
  await create('page-size', '--type', 'number', '--variant', 'small=10', 'large=25', '--off', 'small')
  await create('search-weight', '--type', 'number', '--variant', 'low=0.5', 'high=2', '--off', 'low')
  await create('greeting', '--type', 'string', '--variant', 'a=Hi', 'b=Hello', '--off', 'a')
  await create(
    'banner',
    '--type',
    'object',
    '--variant',
    'on={"title":"Hi"}',
    'off={"title":""}',
    '--off',
    'off',
  )
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string) => path.join(folder, name)

/** What the compiler says of a file, with the strictest options. */
async function compile(name: string): Promise<string> {
  const tsc = path.join(modules, 'typescript/bin/tsc')
  const options =
    '--strict --noEmit --skipLibCheck --noUnusedLocals --exactOptionalPropertyTypes --jsx react-jsx'
  const more = '--module nodenext --moduleResolution nodenext --target es2023 --allowImportingTsExtensions'
  return await promisify(execFile)(process.execPath, [tsc, ...`${options} ${more}`.split(' '), at(name)], {
    cwd: folder,
  }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  )
}

it('codegen node compiles under strict, and serves the values and the defaults of the flags', async () => {
  expect(await cli.said('codegen', 'node', '-e', 'production', '--output', at('flags.ts'))).toContain(
    '5 flags',
  )
  writeFileSync(
    at('right.ts'),
    `import { FlagKeys, getGeneratedClient } from './flags.ts'
export const client = getGeneratedClient('shop', { targetingKey: 'ada' })
export const on: boolean = await client.newCheckout()
export const size: number = (await client.pageSizeDetails({ plan: 'pro' })).value
export const key: 'new-checkout' = FlagKeys.NEW_CHECKOUT
`,
  )
  expect(readFileSync(at('flags.ts'), 'utf8')).toContain('   * The checkout in one page\n')
  expect(await compile('right.ts')).toBe('')
  writeFileSync(
    at('wrong.ts'),
    `import { getGeneratedClient } from './flags.ts'
const client = getGeneratedClient()
export const on: string = await client.newCheckout()
export const gone = await client.oldCheckout()
`,
  )
  const complaint = await compile('wrong.ts')
  expect(complaint).toContain(
    "wrong.ts(3,14): error TS2322: Type 'boolean' is not assignable to type 'string'",
  )
  expect(complaint).toContain("'oldCheckout' does not exist")

  const { getGeneratedClient } = (await import(pathToFileURL(at('flags.ts')).href)) as {
    getGeneratedClient: (domain: string) => Record<string, () => Promise<unknown>>
  }
  const flags = {
    'new-checkout': { variants: { on: true, off: false }, defaultVariant: 'on', disabled: false },
  }
  await OpenFeature.setProviderAndWait('codegen', new InMemoryProvider(flags))
  const client = getGeneratedClient('codegen')
  expect(await client['newCheckout']?.()).toBe(true)
  expect(await client['pageSize']?.()).toBe(10)
  expect(await client['searchWeight']?.()).toBe(0.5)
  expect(await client['greetingDetails']?.()).toMatchObject({ value: 'Hi', errorCode: 'FLAG_NOT_FOUND' })
  expect(await client['banner']?.()).toEqual({ title: '' })
  await OpenFeature.clearProviders()
})

it('codegen react compiles under strict; a wrong type is refused', async () => {
  await cli.said('codegen', 'react', '-e', 'production', '--output', at('hooks.ts'))
  writeFileSync(
    at('page.tsx'),
    `import { useBanner, useNewCheckout, useSuspensePageSize } from './hooks.ts'
export function Page() {
  const on: boolean = useNewCheckout().value
  const size: number = useSuspensePageSize().value
  const wrong: string = useNewCheckout({ updateOnContextChanged: true }).value
  return [on, size, wrong, JSON.stringify(useBanner().value)]
}
`,
  )
  const said = await compile('page.tsx')
  expect(said.trim().split('\n')).toHaveLength(1)
  expect(said).toContain("page.tsx(5,9): error TS2322: Type 'boolean' is not assignable to type 'string'")
})

it('codegen works from a manifest without a server, and --check exits 10 when the file is not current', async () => {
  await cli.said('export', '--format', 'manifest', '-e', 'production', '--output', at('flags.json'))
  const alone = callerOf({ address: 'http://127.0.0.1:1' }, 'shop')
  const args = ['codegen', 'node', '--manifest', at('flags.json'), '--output', at('flags.ts')]
  expect(await alone.said(...args)).toContain('is current')
  expect(await alone.json(...args, '--check')).toMatchObject({ current: true, flags: 5 })
  writeFileSync(at('flags.ts'), '// edited')
  expect(await alone.ends(EXIT.drift, ...args, '--check')).toContain('Run it without --check')
  expect(readFileSync(at('flags.ts'), 'utf8')).toBe('// edited')
  expect(await alone.said(...args)).toContain('is written')
})

it('codegen names the mistakes of a manifest, and asks for what is missing', async () => {
  writeFileSync(at('bad.json'), JSON.stringify({ flags: { a: { flagType: 'number', defaultValue: 1 } } }))
  expect(await cli.ends(EXIT.invalid, 'codegen', 'node', '--manifest', at('bad.json'))).toContain(
    '/flags/a: flagType',
  )
  expect(await cli.ends(EXIT.usage, 'codegen', 'node')).toContain('--env')
  expect(await cli.ends(EXIT.usage, 'codegen', 'cobol', '-e', 'production')).toContain('Allowed choices')
})
