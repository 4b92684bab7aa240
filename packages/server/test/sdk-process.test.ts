/**
 * R2 with processes: the application is killed and started again while its server is there, gone,
 * and back. It always has an answer, at once: the last known one, or its own default.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createDatabase } from '../../../tests/support/database.ts'
import { endWithUs } from '../../../tests/support/end-with-us.ts'
import { howMuch, record } from '../../../tests/support/soak.ts'
import { startMortal } from './support/mortal.ts'
import type { Mortal } from './support/mortal.ts'
import type { SdkOrder, Told } from './support/sdk-program.ts'
import { SERVED, serveGreeting } from './support/serving.ts'

const ROUNDS = howMuch(1, 20)
const LIMIT = { timeout: howMuch(120_000, 1_200_000) }
const { environment, flag } = SERVED
const NOT_READY = 'false ERROR PROVIDER_NOT_READY'

const open = new AsyncDisposableStack()
let server: Mortal
let order: SdkOrder

beforeAll(async () => {
  const database = open.use(await createDatabase())
  server = open.use(await startMortal(database.url))
  const key = await serveGreeting(server)
  const cacheFile = path.join(server.folder, 'flags.json')
  order = { url: server.address, key, environment, flag, cacheFile }
})
afterAll(() => open.disposeAsync())

/** The application, started anew. */
function startSdk() {
  const program = fileURLToPath(new URL('support/sdk-program.ts', import.meta.url))
  const child = fork(program, { env: { ...process.env, SDK_ORDER: JSON.stringify(order) } })
  endWithUs(child)
  open.defer(async () => void child.kill('SIGKILL'))
  /** Over all that it told. */
  const sum = { asked: 0, thrown: 0, longestStallMs: 0 }
  return {
    sum,
    async tell(): Promise<Told> {
      const answer = once(child, 'message')
      child.send('tell')
      const [told] = (await answer) as [Told]
      sum.asked += told.asked
      sum.thrown += told.thrown
      sum.longestStallMs = Math.max(sum.longestStallMs, told.longestStallMs)
      return told
    },
    /** Waits until it gives nothing but this, then that it goes on so. */
    async gives(answer: string, state: string): Promise<Told> {
      await expect
        .poll(
          async () => {
            const told = await this.tell()
            return [told.answers.join(), told.state]
          },
          { timeout: 60_000, interval: 100 },
        )
        .toEqual([answer, state])
      await expect.poll(async () => (await this.tell()).asked, { interval: 200 }).toBeGreaterThan(5)
      const last = await this.tell()
      expect(new Set([answer, ...last.answers]).size).toBe(1)
      return last
    },
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

test(
  'R2 an application has an answer at once, whenever it and its server are killed',
  LIMIT,
  async (context) => {
    const sums: { asked: number; thrown: number; longestStallMs: number }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await writeFile(order.cacheFile, '{"owner":"x","snapsh')
      await server.die()
      const first = startSdk()
      const corrupt = await first.gives(NOT_READY, 'not-ready')
      expect(corrupt.cacheWarnings, 'a corrupt cache file: one warning').toBe(1)
      await server.rise()
      const served = await first.gives('true STATIC', 'ready')
      expect(served.cacheWarnings).toBe(1)
      await server.die()
      await first.gives('true STATIC', 'stale')
      await first.kill()

      // The server is still gone: what is known is in the cache file.
      const second = startSdk()
      await second.gives('true STATIC', 'stale')
      await server.rise()
      await second.gives('true STATIC', 'ready')
      await second.kill()
      sums.push(first.sum, second.sum)
    }
    const asked = sums.reduce((all, it) => all + it.asked, 0)
    const stallMs = Math.max(...sums.map((it) => it.longestStallMs))
    expect(sums.reduce((all, it) => all + it.thrown, 0)).toBe(0)
    record(context, {
      done: 'kill -9 of server and application in turn; a corrupt cache file; a start without a server',
      times: 4 * ROUNDS,
      result: `0 of ${asked} evaluations threw, the process was busy with one thing for at most ${stallMs} ms`,
    })
  },
)
