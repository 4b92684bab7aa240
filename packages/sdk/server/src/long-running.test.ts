/** What an application notices only after days: timers and memory that pile up. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { expect, it } from 'vitest'

import { booleanFlag, startFlagServer } from '../../../../tests/support/flag-server.ts'
import { createFlagmarshal } from './connection.ts'
import { runRequest } from './request-scope.ts'

const MB = 1024 * 1024
const timers = () => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')
function heap(): number {
  collect()
  return process.memoryUsage().heapUsed
}

it('needs no timer for a request, and its memory stays flat over 50,000 requests of different people', async () => {
  const server = await startFlagServer([booleanFlag('plain'), booleanFlag('other')], {
    telemetry: { flushIntervalMs: 50, pollIntervalMs: 15_000 },
  })
  const connection = createFlagmarshal({
    url: server.url,
    key: 'fm_server_test',
    environment: 'production',
    application: 'shop',
    layers: ['backend'],
    logger: { error() {}, warn() {}, info() {}, debug() {} },
  })
  await connection.ready()
  let person = 0
  const serve = async (requests: number): Promise<number> => {
    let most = 0
    for (let batch = 0; batch < requests / 100; batch++) {
      const under = Array.from({ length: 100 }, () =>
        runRequest(connection, async () => {
          const context = { targetingKey: `person-${person++}` }
          connection.evaluate('plain', 'boolean', context)
          connection.evaluate('other', 'boolean', context)
          connection.evaluate(`missing-${person % 10}`, 'boolean', context)
          await Promise.resolve()
        }),
      )
      most = Math.max(most, timers())
      await Promise.all(under)
      // Reports are sent meanwhile, and what they held is let go.
      if (batch % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return most
  }
  await serve(10_000)
  server.telemetry.length = 0
  const [idle, before] = [timers(), heap()]
  const most = await serve(50_000)
  await expect.poll(() => server.telemetry.length, { timeout: 4_000 }).toBeGreaterThan(0)
  server.telemetry.length = 0
  server.requests.length = 0
  const grown = (heap() - before) / MB
  console.log(`50,000 requests: ${grown.toFixed(2)} MB more`)
  expect(most).toBeLessThan(idle + 5)
  expect(grown).toBeLessThan(3)
  await connection.close()
  await server.stop()
}, 60_000)
