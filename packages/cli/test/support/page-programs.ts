/** The programs that documents call: `flagmarshal` in this process, every other one as it is. */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { endWithUs } from '../../../../tests/support/end-with-us.ts'
import { flagmarshal } from './program.ts'
import type { Ended, Program } from './shell.ts'

const root = path.resolve(import.meta.dirname, '../../../..')
const CLI = path.join(root, 'packages/cli/src/main.ts')
const SERVER = path.join(root, 'packages/server/src/main.ts')
const BACKUP = path.join(root, 'packages/server/src/backup.ts')

/** What `npx` starts: Node.js itself, or a file of a package that is installed. */
const NPX: Readonly<Record<string, readonly string[]>> = {
  node: [],
  vite: [path.join(root, 'node_modules/vite/bin/vite.js')],
}

type Variables = Parameters<Program>[1]

/** What the programs need that no document says: databases and ports of the test. */
export interface Surroundings {
  /** Settings of a server that a document starts, over those that it names. */
  readonly serverSettings: () => Readonly<Record<string, string>>
  /** The database of such a server; an edge has none. */
  readonly databaseUrl: string
  /** Settings of `npm run backup` and `npm run restore`. */
  readonly backupSettings: (verb: 'write' | 'restore') => Readonly<Record<string, string>>
}

/** The programs for `createShell`. */
export function programsOf(surroundings: Surroundings): Readonly<Record<string, Program>> {
  return {
    flagmarshal,
    npm: async (args, env) => await npm(args, env, surroundings),
    node: async (args, env) => await started(args, env, /127\.0\.0\.1:\d+/),
    npx: async ([program = '', ...args], env) => {
      const file = NPX[program]
      if (file === undefined) throw new Error(`no test runs npx ${program}`)
      return await started([...file, ...args], env, /127\.0\.0\.1:\d+/)
    },
    openssl: async (args) => await finished('openssl', args, {}),
  }
}

/** Runs a whole script in a real shell, where `flagmarshal` and `npm run flagmarshal --` are this repository's. */
export async function inRealShell(script: string, folder: string, env: Variables): Promise<Ended> {
  const programs = path.join(folder, '.programs')
  mkdirSync(programs, { recursive: true })
  const call = `exec '${process.execPath}' '${CLI}' "$@"`
  for (const [name, text] of [
    ['flagmarshal', call],
    ['npm', `[ "$1 $2 $3 $4" = 'run --silent flagmarshal --' ] || exit 97; shift 4; ${call}`],
  ] as const) {
    writeFileSync(path.join(programs, name), `#!/bin/sh\n${text}\n`)
    chmodSync(path.join(programs, name), 0o755)
  }
  const PATH = `${programs}:${process.env['PATH'] ?? ''}`
  return await finished('sh', ['-euc', script], { ...env, PATH }, folder)
}

/** Whether a shell could read it, without running anything. */
export async function syntaxOf(script: string): Promise<Ended> {
  return await finished('sh', ['-nc', script], {})
}

async function npm(args: readonly string[], env: Variables, given: Surroundings): Promise<Ended> {
  const [verb, ...rest] = args
  if (verb === 'start') {
    const more = rest[0] === '--' ? rest.slice(1) : rest
    const database = more.includes('--upstream') ? {} : { FLAGMARSHAL_DATABASE_URL: given.databaseUrl }
    const settings = { ...env, ...database, ...given.serverSettings() }
    return await started([SERVER, ...more], settings, /^Flagmarshal runs at http/m)
  }
  if (verb === 'install') return linked(rest.filter((it) => !it.startsWith('-')))
  const [name, dashes, file] = rest
  if (verb === 'run' && dashes === '--' && (name === 'backup' || name === 'restore')) {
    const act = name === 'backup' ? 'write' : 'restore'
    const settings = { ...env, ...given.backupSettings(act) }
    return await finished(process.execPath, [BACKUP, act, file ?? ''], settings)
  }
  const [silent, cli, end, ...call] = rest
  if (verb === 'run' && silent === '--silent' && cli === 'flagmarshal' && end === '--')
    return await flagmarshal(call, env)
  throw new Error(`no test runs npm ${args.join(' ')}`)
}

/** Installs packages of a version that this repository has: links to them. */
function linked(packages: readonly string[]): Ended {
  for (const given of packages) {
    const [, name = given, wanted] = /^(.+)@([^@]+)$/.exec(given) ?? []
    const from = path.join(root, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(path.join(from, 'package.json'), 'utf8'))
    if (version !== wanted) return { code: 1, out: '', err: `${name} is ${version} here, not ${wanted}` }
    const to = path.join(process.cwd(), 'node_modules', name)
    mkdirSync(path.dirname(to), { recursive: true })
    symlinkSync(from, to)
  }
  return { code: 0, out: '', err: '' }
}

/** Runs until it ends. */
async function finished(
  program: string,
  args: readonly string[],
  env: Variables,
  cwd = process.cwd(),
): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(program, [...args], { cwd, env: { ...inherited(), ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err })
    })
  })
}

/** Starts what goes on running: it has worked once it says so, and is ended then. */
async function started(args: readonly string[], env: Variables, said: RegExp): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: process.cwd(),
    env: { ...inherited(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithUs(child)
  const output = { out: '', err: '' }
  const works = new Promise<boolean>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.out += text
      if (said.test(output.out)) resolve(true)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text))
    child.once('close', () => resolve(false))
  })
  const code = (await works) ? 0 : (child.exitCode ?? 1)
  await end(child)
  return { code, ...output }
}

/** Stops a program as Ctrl-C does. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  await exit
}

function inherited(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FLAGMARSHAL_')))
}
