/** A command that waits for a person in the browser, as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'

import { expect } from 'vitest'

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')

/** Somebody's machine: a home, and a browser that shows nothing and writes down where it was sent. */
export interface Machine extends Disposable {
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** The file with the address that the browser was sent to last. */
  readonly sentTo: string
}

/** Makes one, whose commands go to this server. */
export function makeMachine(server: string): Machine {
  const home = mkdtempSync(path.join(tmpdir(), 'flagmarshal-machine-'))
  const [browser, sentTo] = [path.join(home, 'browser'), path.join(home, 'address')]
  writeFileSync(browser, `#!/bin/sh\nprintf %s "$1" > ${sentTo}\n`, { mode: 0o755 })
  const PATH = process.env['PATH'] ?? ''
  return {
    home,
    sentTo,
    env: { PATH, HOME: home, FLAGMARSHAL_SERVER: server, BROWSER: browser },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  }
}

/** Starts a command there, and waits until it waits: where it sends the browser, what it has said, and how it ends. */
export async function beginThere({ env }: Machine, args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text))
  const ended = once(child, 'close').then(([code]) => ({ code: Number(code), ...said }))
  await expect.poll(() => said.err, { timeout: 20_000 }).toContain('Waiting for you')
  const address = new URL(/^ {2}(http\S+)$/m.exec(said.err)?.[1] ?? '')
  return { address, asked: Object.fromEntries(address.searchParams), said, ended }
}
