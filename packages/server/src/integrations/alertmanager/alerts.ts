/** Alerts and configuration of Alertmanager over its API v2. */
import { z } from 'zod'

import { ask } from '../http/ask.ts'
import { doorSentence } from '../http/door.ts'
import type { AlertRoutes, Outgoing } from '../interfaces.ts'

const Alerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({ state: z.string() }),
  }),
)
const Status = z.object({ config: z.object({ original: z.string() }) })

/** Through the one way out. */
export function alertmanagerAlerts(outgoing: Outgoing): AlertRoutes {
  return {
    async active(address, { name, value }) {
      const filter = new URLSearchParams({ filter: `${name}=${JSON.stringify(value)}` })
      const answer = await ask(outgoing, address, `/api/v2/alerts?${filter.toString()}`)
      if (answer.kind === 'failed') return answer
      const found = Alerts.safeParse(answer.json)
      if (answer.status !== 200 || !found.success)
        return { kind: 'failed', why: doorSentence('Alertmanager', answer.status) }
      return {
        kind: 'answered',
        value: found.data.map((it) => ({
          state: it.status.state,
          labels: it.labels,
          receivers: it.receivers.map((one) => one.name),
        })),
      }
    },
    async configuration(address) {
      const answer = await ask(outgoing, address, '/api/v2/status')
      if (answer.kind === 'failed') return answer
      const found = Status.safeParse(answer.json)
      if (answer.status !== 200 || !found.success)
        return { kind: 'failed', why: doorSentence('Alertmanager', answer.status) }
      return { kind: 'answered', value: found.data.config.original }
    },
  }
}
