/** Requests of the measurements. */
import { benchUsers } from './flags.ts'
import type { Request } from './load.ts'

/** Evaluations of all flags, for a thousand users. */
export function bulkRequests(key: string): Request[] {
  return benchUsers(1_000).map((context) => ({
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ context }),
  }))
}
