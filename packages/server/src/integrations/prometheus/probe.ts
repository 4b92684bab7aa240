/**
 * Whether Prometheus, or what speaks its API, answers a query. The version is asked too, where it is
 * told: not everything that speaks the API knows one.
 */
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type { Outgoing, ProbeMonitoring } from '../interfaces.ts'

const Success = z.object({ status: z.literal('success') })
const BuildInfo = z.object({ data: z.object({ version: z.string().max(100) }) })

/** Asks the simplest query. */
export function probePrometheus(outgoing: Outgoing): ProbeMonitoring {
  return async (address) => {
    const answer = await ask(outgoing, address, '/api/v1/query?query=1')
    if (answer.kind === 'failed') return { kind: 'fails', why: answer.why }
    if (answer.status !== 200) return { kind: 'fails', why: doorSentence('Prometheus', answer.status) }
    if (!Success.safeParse(answer.json).success)
      return { kind: 'fails', why: 'what answers does not speak the HTTP API of Prometheus' }
    const info = await ask(outgoing, address, '/api/v1/status/buildinfo')
    const version = info.kind === 'answered' ? BuildInfo.safeParse(info.json) : undefined
    const what =
      version?.success === true ? `version ${version.data.data.version}` : 'its version is not told'
    return { kind: 'answers', what: `answers queries; ${what}` }
  }
}
