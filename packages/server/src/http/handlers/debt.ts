/** Flags that should be gone, over HTTP. */
import type { debtOperations } from '@flagmarshal/api/debt'

import { listFlagDebt } from '../../procedure/flag-debt.ts'
import { replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof debtOperations> = {
  listFlagDebt: async ({ context, services, params }) =>
    replyList(await listFlagDebt(context, services.database, params.project)),
}
