/**
 * Every command that a document shows, against one real server: "Five minutes" and the walkthrough in
 * order, with real applications connected, then every other page in the project that they leave behind.
 */
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import type { TestDatabase } from '../../../tests/support/database.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { blocksOf, pagesOf, textOf } from './support/documents.ts'
import type { Block } from './support/documents.ts'
import { end, inRealShell, programsOf, syntaxOf } from './support/page-programs.ts'
import type { Surroundings } from './support/page-programs.ts'
import { answerOutside, NOT_RUN, SET_UPS, WALKED } from './support/page-set-ups.ts'
import type { PageSetUp, World } from './support/page-set-ups.ts'
import { complaint, flagmarshal } from './support/program.ts'
import { createShell } from './support/shell.ts'
import type { Ended, Program, Ran, Shell } from './support/shell.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const README = section(textOf('README.md'), '## Five minutes')
const WALKTHROUGH = textOf('docs/walkthrough.md')
const OTHERS = pagesOf()
  .filter((it) => !WALKED.includes(it))
  .map((page) => [page, blocksOf(page)] as const)
  .filter(([, found]) => found.length > 0)

let server: TestServer
let shell: Shell
const applications: ChildProcess[] = []
const emitted = new Set<string>()
const ran: Ran[] = []

let outside: Server
let temporary: string
let world: World
let empty: TestDatabase

beforeAll(async () => {
  temporary = mkdtempSync(path.join(tmpdir(), 'flagmarshal-documents-'))
  outside = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(answerOutside(world.outside, request.url))
  })
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve))
  server = await startServer({
    settings: {
      FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1',
      FLAGMARSHAL_PUBLIC_URL: 'https://flags.shop.example',
    },
  })
  empty = await createDatabase()
  const { port } = outside.address() as AddressInfo
  world = { admin: server.admin, address: server.address, outside: `http://127.0.0.1:${port}` }
  // The documents' server listens on the usual address; this one does not.
  const addresses = { FLAGMARSHAL_SERVER: server.address, FLAGMARSHAL_URL: server.address }
  shell = createShell({ npm, npx, cat }, addresses)
})
afterAll(async () => {
  await Promise.all(applications.map(end))
  await server.close()
  await empty[Symbol.asyncDispose]()
  outside.close()
  rmSync(temporary, { recursive: true, force: true })
})

describe.each([
  ['README, five minutes', README],
  ['the walkthrough', WALKTHROUGH],
])('%s', (_, text) => {
  it.each(titled(text))('%s', async (_title, script) => {
    for (const one of await shell.execute(script)) {
      ran.push(one)
      const said = `${one.out}${one.err}`
      expect(one.code, `${one.command}\n${said}`).toBe(one.expected)
      const promised = /confirmed by .*$/.exec(one.comment)?.[0] ?? ''
      expect(said).toContain(promised)
    }
    await collect()
  })
})

describe('afterwards', () => {
  it('all of it was really run', () => {
    expect(ran.length).toBeGreaterThan(60)
    expect(new Set(ran.map((it) => it.code))).toEqual(new Set([0, 3, 5, 6]))
  })

  it('every command that the server named on the way is a real one', async () => {
    expect(emitted.size).toBeGreaterThan(30)
    const check: Program = async (args) => ({ code: 0, out: '', err: (await complaint(args)) ?? '' })
    const parsed = await createShell({ flagmarshal: check }).execute([...emitted].join('\n'))
    expect(parsed.filter((it) => it.err !== '')).toEqual([])
  })

  it('the run is completed, the flag is off, and the record holds', async () => {
    const params = { project: 'shop', feature: 'checkout' }
    const feature = expectOk(await server.admin.call('showFeature', { params }))
    expect(feature.latestRun?.state).toBe('completed')
    const place = { project: 'shop', flag: 'new-checkout', environment: 'production' }
    expect(expectOk(await server.admin.call('getFlagConfig', { params: place })).enabled).toBe(false)
    expect(expectOk(await server.admin.call('verifyAudit', { params: { project: 'shop' } })).ok).toBe(true)
  })
})

describe.each(OTHERS)('%s', (page, found) => {
  const setUp = SET_UPS[page] ?? {}
  let folder: string
  let own: Shell
  let home: string

  beforeAll(async () => {
    await setUp.before?.(world)
    folder = repository(setUp)
    home = mkdtempSync(path.join(temporary, 'home-'))
    const made = await flagmarshal(['-q', 'token', 'create', 'tess'], variables(home))
    own = createShell(programsOf(surroundings()), { ...variables(home), TESS: made.out.trim() })
  })

  it.each(found.map((it) => [`block ${it.number}: ${it.script.split('\n')[0]}`, it] as const))(
    '%s',
    async (_, block) => {
      const ended = await endedOf(block)
      expect(ended.length).toBeGreaterThan(0)
      for (const one of ended) expect(one.code, `${one.command}\n${one.out}${one.err}`).toBe(one.expected)
    },
  )

  /** How the commands of a block end, or how its syntax is found where it cannot be run. */
  async function endedOf({ number, script }: Block) {
    const once = { command: script, expected: 0 }
    if (NOT_RUN[`${page}#${number}`] !== undefined) return [{ ...(await syntaxOf(script)), ...once }]
    if (setUp.fresh?.includes(number)) folder = repository(setUp)
    const replaced = Object.entries(setUp.replace?.(world) ?? {}).reduce(
      (text, [from, to]) => text.replaceAll(from, to),
      script,
    )
    if (setUp.realShell?.includes(number))
      return [{ ...(await inRealShell(replaced, folder, variables(home))), ...once }]
    const back = process.cwd()
    process.chdir(page.startsWith('examples/') ? root : folder)
    try {
      return await own.execute(replaced)
    } finally {
      process.chdir(back)
    }
  }
})

it('what is not run is named with its reason, and there', () => {
  const known = pagesOf().flatMap((page) => blocksOf(page).map((it) => `${page}#${it.number}`))
  expect(Object.keys(NOT_RUN).filter((it) => !known.includes(it))).toEqual([])
  expect(Object.keys(SET_UPS).filter((it) => !OTHERS.some(([page]) => page === it))).toEqual([])
})

/** An empty git repository with the files of a page. */
function repository({ files }: PageSetUp): string {
  const folder = mkdtempSync(path.join(temporary, 'repository-'))
  execFileSync('git', ['init', '--quiet', folder])
  execFileSync('git', ['-C', folder, 'remote', 'add', 'origin', 'https://git.shop.example/shop/web.git'])
  for (const [name, text] of Object.entries(files?.(world) ?? {})) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  const as = ['-c', 'user.name=docs', '-c', 'user.email=docs@shop.example']
  execFileSync('git', ['-C', folder, 'add', '--all'])
  execFileSync('git', ['-C', folder, ...as, 'commit', '--quiet', '--allow-empty', '--message', 'begin'])
  return folder
}

/** What the reader has set. */
function variables(home: string): Record<string, string> {
  return {
    HOME: home,
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_PROJECT: 'shop',
  }
}

function surroundings(): Surroundings {
  return {
    serverSettings: () => ({
      FLAGMARSHAL_PORT: '0',
      FLAGMARSHAL_DATA_DIR: mkdtempSync(path.join(temporary, 'data-')),
    }),
    databaseUrl: empty.url,
    backupSettings: (verb) => ({
      FLAGMARSHAL_DATABASE_URL: verb === 'write' ? server.databaseUrl : empty.url,
    }),
  }
}

/** The commands that the run names now. */
async function collect(): Promise<void> {
  const feature = await server.admin.call('showFeature', { params: { project: 'shop', feature: 'checkout' } })
  if (!feature.ok || feature.body.latestRun === null) return
  const params = { project: 'shop', run: feature.body.latestRun.id }
  const { nextActions } = expectOk(await server.admin.call('showRun', { params }))
  for (const { command } of nextActions) emitted.add(command)
}

/** `npm start` runs already; `npm run --silent flagmarshal -- …` is the command line. */
async function npm(args: readonly string[], env: Parameters<Program>[1]): Promise<Ended> {
  if (args.join(' ') === 'start') return { code: 0, out: '', err: '' }
  expect(args.slice(0, 4)).toEqual(['run', '--silent', 'flagmarshal', '--'])
  return await flagmarshal(args.slice(4), env)
}

/** `npx node <application>` in a terminal of its own: it goes on running once it has said what it serves. */
async function npx([node, ...args]: readonly string[], env: Parameters<Program>[1]): Promise<Ended> {
  expect(node).toBe('node')
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('FLAGMARSHAL_'))
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  applications.push(child)
  const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  const out = String(first[0])
  expect(out).toContain('ada gets new-checkout')
  return { code: 0, out, err: '' }
}

function cat([file]: readonly string[]): Promise<Ended> {
  expect(file).toBe('.flagmarshal/bootstrap-token')
  return Promise.resolve({ code: 0, out: `${ADMIN_TOKEN}\n`, err: '' })
}

/** A part of a document, up to the next heading of its level. */
function section(text: string, heading: string): string {
  const start = text.indexOf(`${heading}\n`)
  return text.slice(start, text.indexOf('\n## ', start + 1))
}

/** Every block of commands, titled with its first line. */
function titled(text: string): [string, string][] {
  return blocksOf('', text).map(({ script }) => [script.split('\n')[0] ?? '', script])
}
