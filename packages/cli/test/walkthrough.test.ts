/**
 * Every command of "Five minutes" and of the walkthrough, in order, against a real server with real
 * applications connected: none of them can rot.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ADMIN_TOKEN, expectOk, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { complaint, flagmarshal } from './support/program.ts'
import { createShell } from './support/shell.ts'
import type { Ended, Program, Ran, Shell } from './support/shell.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const README = section(readFileSync(path.join(root, 'README.md'), 'utf8'), '## Five minutes')
const WALKTHROUGH = readFileSync(path.join(root, 'docs/walkthrough.md'), 'utf8')

let server: TestServer
let shell: Shell
const applications: ChildProcess[] = []
const emitted = new Set<string>()
const ran: Ran[] = []

beforeAll(async () => {
  server = await startServer()
  // The documents' server listens on the usual address; this one does not.
  const addresses = { FLAGMARSHAL_SERVER: server.address, FLAGMARSHAL_URL: server.address }
  shell = createShell({ npm, npx, cat }, addresses)
})
afterAll(async () => {
  await Promise.all(applications.map(end))
  await server.close()
})

describe.each([
  ['README, five minutes', README],
  ['the walkthrough', WALKTHROUGH],
])('%s', (_, text) => {
  it.each(blocks(text))('%s', async (_title, script) => {
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  await exit
}

/** A part of a document, up to the next heading of its level. */
function section(text: string, heading: string): string {
  const start = text.indexOf(`${heading}\n`)
  return text.slice(start, text.indexOf('\n## ', start + 1))
}

/** Every block of commands, titled with its first line. */
function blocks(text: string): [string, string][] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = '']) => [
    script.split('\n')[0] ?? '',
    script,
  ])
}
