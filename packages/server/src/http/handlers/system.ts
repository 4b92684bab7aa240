/** The process about itself, over HTTP. */
import { openApiDocument } from '@flagmarshal/api/openapi'
import { operations } from '@flagmarshal/api/operations'
import type { systemOperations } from '@flagmarshal/api/system'

import { showStatus } from '../../status/show.ts'
import type { Handlers } from '../handler.ts'

const description = openApiDocument(operations)

export const handlers: Handlers<typeof systemOperations> = {
  getHealth: () => ({ body: { ok: true } }),

  getReadiness: async ({ services }) => {
    const body = await services.readiness.check()
    return body.ready ? { body } : { body, status: 503 }
  },

  showStatus: async ({ context, services }) => ({ body: await showStatus(context, services) }),

  getMetrics: async ({ services }) => ({
    body: await services.metrics.registry.metrics(),
    contentType: services.metrics.registry.contentType,
  }),

  getOpenApi: () => ({ body: description }),
}
