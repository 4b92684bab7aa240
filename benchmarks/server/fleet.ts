/** Real SDKs in several processes, and the time from a change to each of them. */
import { join } from 'node:path'

import { startChild } from '../../examples/shop/src/process/child.ts'
import type { Child } from '../../examples/shop/src/process/child.ts'
import type { Arrivals, Order } from './sdks.ts'

const START_MS = 120_000
const ARRIVAL_MS = 60_000
const SDKS_PER_PROCESS = 50

/** SDKs that are connected. */
export interface Fleet {
  /** Makes a change that answers its revision; tells how long it took until each SDK had it, in milliseconds, ascending. */
  timed(change: () => Promise<number>): Promise<readonly number[]>
  /** How many are up to date with a stream or by asking. */
  ready(): Promise<number>
}

/** Connects so many SDKs; `running` ends them. */
export async function startFleet(running: AsyncDisposableStack, order: Order): Promise<Fleet> {
  const counts = Array.from({ length: Math.ceil(order.count / SDKS_PER_PROCESS) }, (_, index) =>
    Math.min(SDKS_PER_PROCESS, order.count - index * SDKS_PER_PROCESS),
  )
  const processes = counts.map((count) => startSdks(running, { ...order, count }))
  const arrivals = processes.map(keepArrivals)
  await Promise.all(processes.map((it) => it.first({ message: started }, START_MS)))
  return {
    async timed(change) {
      const from = performance.timeOrigin + performance.now()
      const revision = await change()
      const got = await Promise.all(arrivals.map((it) => it.of(revision)))
      return got.flatMap(({ at }) => at.map((time) => time - from)).toSorted((a, b) => a - b)
    },
    async ready() {
      const answers = processes.map((it) => it.first({ message: readyIn }, ARRIVAL_MS))
      for (const it of processes) it.send('states')
      return (await Promise.all(answers)).reduce((sum, n) => sum + n, 0)
    },
  }
}

function startSdks(running: AsyncDisposableStack, order: Order): Child {
  const child = startChild({
    name: `${order.count} SDKs`,
    program: join(import.meta.dirname, 'sdks.ts'),
    env: { SDKS: JSON.stringify(order) },
  })
  running.defer(() => child.stop())
  return child
}

/** What a process has told; `of` waits until all its SDKs have a revision, or one after it. */
function keepArrivals(child: Child) {
  const told: Arrivals[] = []
  let heard = Promise.withResolvers<undefined>()
  child.onMessage((message) => {
    const arrivals = arrivalsIn(message)
    if (arrivals === undefined) return
    told.push(arrivals)
    heard.resolve(undefined)
    heard = Promise.withResolvers()
  })
  return {
    async of(revision: number): Promise<Arrivals> {
      const end = performance.now() + ARRIVAL_MS
      for (;;) {
        const found = told.find((it) => it.revision >= revision)
        if (found !== undefined) {
          told.splice(0)
          return found
        }
        if (performance.now() > end) throw new Error(`revision ${revision} did not arrive everywhere`)
        await Promise.race([heard.promise, new Promise((resolve) => setTimeout(resolve, 1_000))])
      }
    },
  }
}

function started(message: unknown): true | undefined {
  return typeof message === 'object' && message !== null && 'started' in message ? true : undefined
}

function readyIn(message: unknown): number | undefined {
  return typeof message === 'object' && message !== null && 'ready' in message
    ? Number(message.ready)
    : undefined
}

function arrivalsIn(message: unknown): Arrivals | undefined {
  // `sdks.ts` has sent it.
  return typeof message === 'object' && message !== null && 'revision' in message
    ? (message as Arrivals)
    : undefined
}
