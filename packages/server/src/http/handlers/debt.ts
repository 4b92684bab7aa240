/** Flags that should be gone, over HTTP. */
import type { debtOperations } from '@flagmarshal/api/debt'

import { listFlagDebt } from '../../procedure/flag-debt.ts'
import { listFlagLifecycle, requestCleanUp } from '../../procedure/flag-lifecycle.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof debtOperations> = {
  listFlagLifecycle: async ({ context, services, params }) =>
    replyList(await listFlagLifecycle(context, services.database, params.project)),

  requestCleanUp: async ({ context, services, params }) =>
    reply(await requestCleanUp(context, services.database, params)),

  listFlagDebt: async ({ context, services, params }) =>
    replyList(await listFlagDebt(context, services.database, params.project)),
}
