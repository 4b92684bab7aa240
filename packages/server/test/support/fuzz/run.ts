/**
 * One run of the fuzzing: draw, send over several connections at once, judge.
 */
import { watchStalls } from '../../../../../tests/support/stalls.ts'
import { faultOf } from './judge.ts'
import type { FuzzRequest } from './requests.ts'
import { drawRequests } from './requests.ts'
import { Sender } from './send.ts'
import type { World } from './world.ts'

export interface FuzzRun {
  readonly server: string
  readonly world: World
  /** About how many requests. */
  readonly count: number
  readonly seed: number
}

export interface FuzzResult {
  readonly requests: number
  readonly byStatus: Readonly<Record<string, number>>
  /** Operations that none of the requests got through to. */
  readonly neverOk: readonly string[]
  /** What was answered badly, with the request. */
  readonly faults: readonly string[]
  /** The longest time for which this process, which the server shares, was busy with one thing. */
  readonly longestStallMs: number
  /** What was under way then. */
  readonly during: readonly string[]
}

/** Enough to have requests in flight that meet each other. */
const CONNECTIONS = 6

/** Runs it. A test sends some thousands, the long suite at least 100,000. */
export async function fuzz({ server, world, count, seed }: FuzzRun): Promise<FuzzResult> {
  const requests = await drawRequests(world, count, seed)
  const waiting = requests.values()
  const byStatus: Record<string, number> = {}
  const reached = new Set<string>()
  const faults: string[] = []
  const underWay = new Set<FuzzRequest>()
  let during: readonly string[] = []
  const stalls = watchStalls(() => (during = [...underWay].map((it) => it.id)))
  using sender = new Sender(server)

  async function work(): Promise<void> {
    for (const request of waiting) {
      underWay.add(request)
      const answer = await sender.send(request).finally(() => underWay.delete(request))
      const fault = faultOf(request, answer)
      if (fault !== undefined) faults.push(`${shown(request)}\n  ${fault}`)
      const status = typeof answer === 'string' ? 'none' : answer.status
      byStatus[status] = (byStatus[status] ?? 0) + 1
      if (typeof status === 'number' && status < 400) reached.add(request.id)
    }
  }

  await Promise.all(Array.from({ length: CONNECTIONS }, work))
  const longestStallMs = stalls.stop()
  const neverOk = [...new Set(requests.map((it) => it.id))].filter((id) => !reached.has(id))
  return { requests: requests.length, byStatus, neverOk, faults, longestStallMs, during }
}

/** Enough to send it again; tokens are of the test. */
function shown({ id, method, path, headers, body }: FuzzRequest): string {
  const parts = [path.slice(0, 200), JSON.stringify(headers).slice(0, 300), String(body ?? '').slice(0, 500)]
  return `${id}: ${method} ${parts.join(' ')}`
}
