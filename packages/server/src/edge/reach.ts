/** How an edge reaches its server, and that it is one. */
import type { Reach } from '@flagmarshal/sdk-server/endpoint'

import { StartFailure } from '../start-failure.ts'

/** In each answer of an edge. */
export const EDGE_HEADER = 'flagmarshal-edge'

/** There are few edges, and many wait behind each: they come back sooner than SDKs do. */
const TIMINGS = {
  requestMs: 10_000,
  silenceMs: 25_000,
  backoff: { baseMs: 500, capMs: 15_000 },
  settledMs: 10_000,
  processMs: 10_000,
  farewellMs: 1_000,
}

/** How long a start waits to hear what is at the address. */
const LOOK_MS = 2_000

/** The address of what an edge key opens. */
export function reachOf(upstream: string, key: string, edge: string): Reach {
  return { base: `${upstream}/api/v1/edge`, key, instanceId: edge, fetch, timings: TIMINGS }
}

/** Throws a StartFailure where another edge is at the address. A server that is away is no fault. */
export async function refuseChain(upstream: string): Promise<void> {
  const answer = await fetch(`${upstream}/healthz`, { signal: AbortSignal.timeout(LOOK_MS) }).catch(
    () => undefined,
  )
  await answer?.body?.cancel()
  if (answer?.headers.has(EDGE_HEADER) === true)
    throw new StartFailure(
      `${upstream} is an edge itself, and edges do not follow edges: set FLAGMARSHAL_UPSTREAM to the server.`,
    )
}
