/** The process about itself, over HTTP: the same for a server and an edge. */
import type { systemOperations } from '@flagmarshal/api/system'

import type { Handlers } from '../handler.ts'
import type { ProcessServices } from '../services.ts'

type ProcessOperations = Pick<typeof systemOperations, 'getHealth' | 'getReadiness' | 'getMetrics'>

export const handlers: Handlers<ProcessOperations, ProcessServices> = {
  getHealth: () => ({ body: { ok: true } }),

  getReadiness: async ({ services }) => {
    const body = await services.readiness.check()
    return body.ready ? { body } : { body, status: 503 }
  },

  getMetrics: async ({ services }) => ({
    body: await services.metrics.registry.metrics(),
    contentType: services.metrics.registry.contentType,
  }),
}
