/** The server about itself, over HTTP. */
import { openApiDocument } from '@flagmarshal/api/openapi'
import { operations } from '@flagmarshal/api/operations'
import type { systemOperations } from '@flagmarshal/api/system'

import { showStatus } from '../../status/show.ts'
import type { Handlers } from '../handler.ts'
import { handlers as processHandlers } from './process.ts'

const description = openApiDocument(operations)

export const handlers: Handlers<typeof systemOperations> = {
  ...processHandlers,

  showStatus: async ({ context, services }) => ({ body: await showStatus(context, services) }),

  getOpenApi: () => ({ body: description }),
}
