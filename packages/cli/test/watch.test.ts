/** `flagmarshal rollout status --watch`: lines of JSON, and the picture on a terminal. */
import { afterAll, beforeAll, expect, it } from 'vitest'

import { ADMIN_TOKEN, startServer } from '../../../tests/support/server.ts'
import type { TestServer } from '../../../tests/support/server.ts'
import { createApprovals, place, start } from '../../server/test/support/rollouts.ts'
import { startTraffic } from '../../server/test/support/traffic.ts'
import { EXIT } from '../src/exit-code.ts'
import { run } from '../src/program.ts'
import { flagmarshal } from './support/program.ts'

let server: TestServer
const approvals = createApprovals()

beforeAll(async () => {
  server = await startServer({ rolloutPorts: approvals })
})
afterAll(() => server.close())

it('follows with lines of JSON, and on a terminal with bars, sparklines and colours', async () => {
  const at = await place(server, 'pictured')
  const traffic = await startTraffic(at, { badShare: () => 0.01 })
  const id = await start(at, approvals.approve(at.flag))
  const env = {
    FLAGMARSHAL_SERVER: server.address,
    FLAGMARSHAL_TOKEN: ADMIN_TOKEN,
    FLAGMARSHAL_PROJECT: at.project,
  }
  const watch = async (options: readonly string[], terminal: boolean) => {
    const said = { out: '', err: '' }
    const code = await run(['rollout', 'status', id, '--watch', '--every', '100ms', ...options], env, {
      out: (text) => (said.out += text),
      err: (text) => (said.err += text),
      colour: terminal,
      terminal,
      columns: 120,
    })
    return { code, ...said }
  }
  const [json, drawn] = await Promise.all([watch(['--json'], false), watch([], true)])
  await traffic.stop()

  expect(json.code).toBe(EXIT.ok)
  const events = json.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events.filter((it) => it.event === 'decision').map((it) => it.data.seq)).toEqual(
    events.filter((it) => it.event === 'decision').map((_, index) => index + 1),
  )
  expect(events.at(-1)).toMatchObject({ event: 'state', data: { rollout: { state: 'completed' } } })
  expect(json.out).not.toContain('\u001B')

  expect(drawn.code).toBe(EXIT.ok)
  expect(drawn.err).toMatch(/baked {5}\[█*░*\] \d+ of \d+ healthy windows/)
  expect(drawn.err).toMatch(/errors +.*HOLD.*harm \[[█░]{20}\] {2}go \[[█░]{20}\]/)
  expect(drawn.err).toMatch(/ {2}exposed [▁▂▃▄▅▆▇█ ]+/)
  expect(drawn.err).toContain('complete: ')
  expect(drawn.out).toContain('state      completed')

  const log = await flagmarshal(['rollout', 'log', '--kind', 'complete', '--feature', at.flag], env)
  expect(log.out).toMatch(/pictured +production +\d+ +controller +complete/)
  const series = await flagmarshal(['rollout', 'series', id, '-n', '3'], env)
  expect(series.out.trim().split('\n')).toHaveLength(4)
  expect(series.out).toMatch(/errors +ok +\d+\/\d+ \(/)
})
