/** Whether Grafana answers, and its token is one that it knows: its health is told to everybody. */
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type { Outgoing, ProbeMonitoring } from '../interfaces.ts'

const Health = z.object({ database: z.string(), version: z.string().max(100).optional() })

/** Asks for its health, and for something that only a known token is told. */
export function probeGrafana(outgoing: Outgoing): ProbeMonitoring {
  return async (address) => {
    const health = await ask(outgoing, address, '/api/health')
    if (health.kind === 'failed') return { kind: 'fails', why: health.why }
    const found = Health.safeParse(health.json)
    if (health.status !== 200 || !found.success) {
      return { kind: 'fails', why: doorSentence('Grafana', health.status) }
    }
    const search = await ask(outgoing, address, '/api/search?limit=1')
    if (search.kind === 'failed') return { kind: 'fails', why: search.why }
    if (search.status !== 200) return { kind: 'fails', why: doorSentence('Grafana', search.status) }
    return { kind: 'answers', what: `answers; version ${found.data.version ?? 'not told'}` }
  }
}
