/** What SDKs speak, and who speaks it, over HTTP. */
import type { deliveryOperations } from '@flagmarshal/api/delivery'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { listInstances } from '../../delivery/list-instances.ts'
import { replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from '../own-environment.ts'
import { handlers as snapshotHandlers } from './snapshot.ts'

export const handlers: Handlers<typeof deliveryOperations> = {
  ...snapshotHandlers,

  listOwnInstances: async ({ context, services }) => {
    const key = ownEnvironment(context.actor)
    return isRefusal(key) ? key : replyList(await listInstances(services.database, key))
  },

  listInstances: async ({ services, params }) => replyList(await listInstances(services.database, params)),
}
