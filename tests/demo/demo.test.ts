/** `npm run demo`, whole: the server, the shop, its shoppers, and both rollouts, as real processes. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

import { createClient } from '@flagmarshal/api'
import { afterAll, describe, expect, it } from 'vitest'

import { startServer } from '../../examples/shop/src/demo/server.ts'

const root = join(import.meta.dirname, '..', '..')
/** Where these demos put their databases: nobody else's are counted. */
const temporary = mkdtempSync(join(tmpdir(), 'flagmarshal-test-demo-'))
chmodSync(temporary, 0o755)
afterAll(() => rm(temporary, { recursive: true, force: true }))

describe('npm run demo', () => {
  it('takes the good feature to everybody, rolls the bad one back, proves both and cleans up', async () => {
    const demo = start()
    const [output, errors, code] = await Promise.all([text(demo.stdout), text(demo.stderr), ended(demo)])
    expect({ code, errors, output }).toMatchObject({ code: 0, errors: '' })

    expect(output).toMatch(/3 instances connected/)
    for (const role of ['technical lead', 'operations lead', 'product owner']) {
      expect(output.match(new RegExp(`approves as ${role}: bundle [0-9a-f]{12}`, 'g'))).toHaveLength(2)
    }
    expect(output).toMatch(/complete: 100 % of everybody/)
    expect(output).toMatch(/new-checkout serves everybody/)
    expect(output).toMatch(/✗ +[\d.]+ s {2}roll back\n +errors: exposed \d+\/\d+ .*; F1r log e = [\d.]+ ≥ /)
    expect(output).toMatch(/fast-search is rolled back, confirmed by 3 of 3 instances/)
    expect(output).toMatch(/audit chain of the project holds/)
    expect(output).not.toContain('\u001b')
    expect(traces()).toEqual([])
  })

  it('ends everything that it started when it is interrupted', async () => {
    const demo = start()
    await printed(demo, /the shop is open/)
    demo.kill('SIGINT')
    expect(await ended(demo)).toBe(130)
    expect(traces()).toEqual([])
  })

  it('leaves neither server, database nor shop behind when it is killed', async () => {
    const demo = start()
    const output = await printed(demo, /the shop is open at \S+:/)
    const addresses = output.match(/http:\/\/[\d.]+:\d+/g) ?? []
    expect(addresses).toHaveLength(2)
    expect(await Promise.all(addresses.map(answers))).toEqual([true, true])
    demo.kill('SIGKILL')
    await until(async () => !(await Promise.all(addresses.map(answers))).includes(true))
    // Nobody was left to remove the folder; a database that stopped leaves no pid file in it.
    await until(() => globSync('**/postmaster.pid', { cwd: temporary }).length === 0)
    for (const it of traces()) await rm(join(temporary, it), { recursive: true })
  })

  it('plays on a server that runs, where its project stays', async () => {
    await using running = new AsyncDisposableStack()
    const server = await startServer(running)
    const client = createClient({ server: server.url, token: server.token })
    const projects = async () => {
      const listed = await client.call('listProjects')
      return listed.ok ? listed.body.items.map((it) => it.key) : []
    }
    expect(await projects()).toEqual([])
    const demo = start({ FLAGMARSHAL_TOKEN: server.token }, '--into', server.url)
    await printed(demo, /registers the feature/)
    demo.kill('SIGINT')
    expect(await ended(demo)).toBe(130)
    expect(await projects()).toEqual(['kitchen-drawer'])
    const features = await client.call('listFeatures', { params: { project: 'kitchen-drawer' } })
    expect(features.ok && features.body.items.map((it) => it.key)).toEqual(['new-checkout'])
  })

  it('says how it is used when it is asked for something else', async () => {
    const demo = start({}, '--speed', 'fast')
    const [errors, code] = await Promise.all([text(demo.stderr), ended(demo)])
    expect(code).toBe(2)
    expect(errors).toContain('--speed takes a number from 0.1 to 10')
  })
})

/** The command behind `npm run demo`. */
function start(env: Record<string, string> = {}, ...options: string[]): ChildProcessWithoutNullStreams {
  const scripts: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const [program = '', ...args] = scripts.scripts['demo']?.split(' ') ?? []
  return spawn(program, [...args, ...options], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary, ...env },
  })
}

function ended(demo: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => {
    demo.on('close', resolve)
  })
}

/** What the demo has printed once it fits the pattern. Rejects, with all of it, when the demo ends before. */
async function printed(demo: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<string> {
  let seen = ''
  let over = false
  demo.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  demo.stderr.on('data', (chunk: Buffer) => (seen += chunk.toString()))
  demo.once('close', () => (over = true))
  await until(() => over || pattern.test(seen))
  if (!pattern.test(seen)) throw new Error(`the demo ended before:\n${seen}`)
  return seen
}

async function answers(address: string): Promise<boolean> {
  return fetch(address).then(
    () => true,
    () => false,
  )
}

/** Waits for a condition, a minute at most. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not so after a minute: ${condition.toString()}`)
    await pause(50)
  }
}

/** What demos have left. */
function traces(): string[] {
  return readdirSync(temporary)
}
