/** The clean-up by command line: an application as people write them, compiled before and after, and patched by git. */
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { EXIT } from '../src/exit-code.ts'
import { callerOf } from './support/caller.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const cli = callerOf({ address: 'http://127.0.0.1:9' }, 'shop')

let folder: string

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-cleanup-'))
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  cpSync(path.join(import.meta.dirname, 'support/cleanup'), path.join(folder, 'app'), { recursive: true })
  cpSync(path.join(root, 'examples/shop/src'), path.join(folder, 'shop'), { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}')
  writeFileSync(path.join(folder, '.gitignore'), 'node_modules\n')
  git('init', '--quiet')
  git('add', '--all')
  git('-c', 'user.name=dana', '-c', 'user.email=dana@shop.example', 'commit', '--quiet', '--message', 'app')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function git(...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder },
  })
}

/** What the compiler says, with everything that it can be made to say. */
async function compile(...files: readonly string[]): Promise<string> {
  const options = [
    '--strict --noEmit --skipLibCheck --noUnusedLocals --noUnusedParameters --exactOptionalPropertyTypes',
    '--noImplicitReturns --noFallthroughCasesInSwitch --allowUnreachableCode false --jsx react-jsx --types node',
    '--module nodenext --moduleResolution nodenext --target es2024 --allowImportingTsExtensions --singleThreaded',
  ].flatMap((it) => it.split(' '))
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  return await promisify(execFile)(process.execPath, [tsc, ...options, ...files], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  )
}

interface Cleaned {
  readonly files: readonly string[]
  readonly left: readonly { readonly file: string; readonly line: number; readonly why: string }[]
  readonly patch: string
}

const cleanup = (...args: readonly string[]) => [
  'refs',
  'cleanup',
  'new-checkout',
  '--repository',
  folder,
  ...args,
]
const read = (file: string) => readFileSync(path.join(folder, file), 'utf8')
const APP = ['app/server.ts', 'app/page.tsx', 'app/prices.ts']

describe.each(['on', 'off'] as const)(
  'an application that keeps what it does when the flag is %s',
  (keep) => {
    afterAll(() => git('checkout', '--quiet', '.'))

    it('compiles before and after, with nothing unused and nothing out of reach; git takes the patch', async () => {
      expect(await compile(...APP)).toBe('')
      const { patch, files, left } = await cli.json<Cleaned>(...cleanup('--keep', keep))
      expect(files).toEqual(['app/page.tsx', 'app/prices.ts', 'app/server.ts', 'shop/edge.ts'])
      writeFileSync(path.join(folder, 'flag.patch'), patch)
      git('apply', 'flag.patch')
      rmSync(path.join(folder, 'flag.patch'))
      expect(await compile(...APP)).toBe('')
      const gone = APP.map(read).join('\n')
      expect(gone.includes('OldCart')).toBe(keep === 'off')
      expect(gone.includes('NewCart')).toBe(keep === 'on')
      expect(gone).not.toMatch(/getBoolean|checkoutOn|FLAGS\.checkout/)
      expect(left.filter((it) => it.file === 'app/prices.ts')).toEqual([])
      expect(left.find((it) => it.file === 'shop/edge.ts')?.why).toContain('by hand')
    })

    it('and so does the shop of the demonstration', async () => {
      expect(read('shop/edge.ts')).toContain(`return '${keep === 'on' ? 'one-page' : 'steps'}'`)
      expect(await compile('shop/edge.ts')).toBe('')
    })

    it('of which a second clean-up changes nothing', async () => {
      expect((await cli.json<Cleaned>(...cleanup('--keep', keep))).patch).toBe('')
    })
  },
)

it('--write changes the files, but none that is not committed', async () => {
  const before = read('app/prices.ts')
  writeFileSync(path.join(folder, 'app/prices.ts'), `${before}\n`)
  expect(await cli.ends(EXIT.conflict, ...cleanup('--keep', 'on', '--write'))).toContain('app/prices.ts')
  writeFileSync(path.join(folder, 'app/prices.ts'), before)
  expect(await cli.said(...cleanup('--keep', 'on', '--write'))).toContain('4 files are changed')
  expect(git('diff', '--name-only').split('\n')).toContain('app/prices.ts')
})
