import { expect, test } from 'vitest'

import { createCast } from '../../../examples/shop/src/demo/cast.ts'
import { NEW_CHECKOUT } from '../../../examples/shop/src/demo/features.ts'
import type { Output } from '../../../examples/shop/src/demo/output.ts'
import { walkThrough } from '../../../examples/shop/src/demo/procedure.ts'
import { createFlag, createProject, PROJECT } from '../../../examples/shop/src/demo/set-up.ts'
import { createDatabase } from '../../../tests/support/database.ts'
import { expectOk } from '../../../tests/support/server.ts'
import { record } from '../../../tests/support/soak.ts'
import { startMortal } from './support/mortal.ts'
import { decisions, start, until } from './support/rollouts.ts'
import type { Place } from './support/rollouts.ts'
import { startTraffic } from './support/traffic.ts'
import { measuredWindows } from './support/windows.ts'

/** The walk through the procedure tells nobody. */
const QUIET: Output = {
  heading: () => undefined,
  line: () => undefined,
  text: () => undefined,
  status: () => undefined,
  paint: (_, text) => text,
}

test(
  'R12 a server that is killed at each stage of a rollout and started again loses nothing and skips nothing',
  { timeout: 150_000 },
  async (context) => {
    await using database = await createDatabase()
    await using server = await startMortal(database.url)
    const { admin } = server
    const cast = await createCast(server.address, admin)
    const { production: key } = await createProject(admin)
    await createFlag(cast, NEW_CHECKOUT)
    const walk = { cast, feature: NEW_CHECKOUT, output: QUIET, speed: 5 }
    const run = await walkThrough(walk)
    const at: Place = { server, project: PROJECT, flag: NEW_CHECKOUT.key, key }

    let traffic = await startTraffic(at)
    const id = await start(at, run)
    for (const percent of [25, 50, 100]) {
      await until(at, id, (it) => it.position?.percent === percent)
      await server.die()
      await traffic.stop()
      await server.rise()
      traffic = await startTraffic(at)
    }
    const done = await until(at, id, (it) => it.state === 'completed', 60_000)
    await traffic.stop()

    expect(done.exposure.share).toBe(1)
    const kinds = (await decisions(at, id)).map((it) => it.kind)
    expect(kinds).toEqual(['scheduled', 'observe', 'advance', 'advance', 'advance', 'complete'])
    const { gaps, windows } = await measuredWindows(database.url, id, done.plan.windowMs)
    expect(gaps, 'the windows of the time without a server were folded, as unknown ones').toEqual([])
    expect(windows).toBeGreaterThan(60)
    record(context, {
      done: 'kill -9 after each increment of a rollout',
      times: 3,
      result: `${windows} windows folded, no gap, no step twice or early`,
    })
    const chain = expectOk(await admin.call('verifyAudit', { params: { project: PROJECT } }))
    expect(chain.ok).toBe(true)
  },
)
