/** Load from a process of its own, so that what is timed meanwhile does not wait for the generator. */
import { join } from 'node:path'

import { startChild } from '../../examples/shop/src/process/child.ts'
import { applyLoad } from './load.ts'
import type { LoadOptions, LoadResult, Request } from './load.ts'

/** Load until it is stopped. */
export interface Background {
  stop(): Promise<LoadResult>
}

const FOREVER_MS = 3_600_000
const END_MS = 60_000

/** Resolves once it has begun. */
export async function applyLoadElsewhere(
  running: AsyncDisposableStack,
  options: Omit<LoadOptions, 'ms'>,
): Promise<Background> {
  const child = startChild({ name: 'the load', program: join(import.meta.dirname, 'background.ts') })
  running.defer(() => child.stop())
  const begun = child.first({ message: begunIn }, END_MS)
  child.send({ ...options, ms: FOREVER_MS })
  await begun
  return {
    async stop() {
      const result = child.first({ message: resultIn }, END_MS)
      child.send('end')
      const answer = await result
      await child.stop()
      return answer
    },
  }
}

/** Answers a second that the server gives to as many connections as keep it busy. */
export async function maximumOf(
  address: string,
  requests: readonly Request[],
  forMs = 3_000,
): Promise<number> {
  const { answers, ms } = await applyLoad({ address, requests, connections: 32, ms: forMs })
  return answers / (ms / 1_000)
}

function begunIn(message: unknown): true | undefined {
  return message === 'begun' ? true : undefined
}

function resultIn(message: unknown): LoadResult | undefined {
  // Our own child has sent it.
  return typeof message === 'object' && message !== null && 'latencies' in message
    ? (message as LoadResult)
    : undefined
}

if (import.meta.main) {
  const end = new AbortController()
  process.on('message', (message: unknown) => {
    if (message === 'end') return end.abort()
    void applyLoad({ ...(message as LoadOptions), signal: end.signal }).then((result) =>
      process.send?.(result),
    )
    process.send?.('begun')
  })
}
