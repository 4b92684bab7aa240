/** Resources of services over HTTP. */
import type { resourceOperations } from '@flagmarshal/api/resource'

import { listResources } from '../../analysis/resources.ts'
import { replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof resourceOperations> = {
  listResources: async ({ services, params, query }) =>
    replyList(await listResources(services.database, params, query.minutes)),
}
