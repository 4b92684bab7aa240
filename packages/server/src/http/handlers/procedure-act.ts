/** Acts on a run beside its straight way, over HTTP. */
import type { procedureActOperations } from '@flagmarshal/api/procedure-act'

import { closeAction } from '../../procedure/close-action.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof procedureActOperations> = {
  closeAction: async ({ context, services, params, body }) =>
    reply(await closeAction(context, services.database, params, body)),
}
