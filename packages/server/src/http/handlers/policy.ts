/** The policy of a project over HTTP. */
import type { policyOperations } from '@flagmarshal/api/policy'

import { showPolicy, writePolicy } from '../../project/policy.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof policyOperations> = {
  showPolicy: async ({ services, params }) => reply(await showPolicy(services.database, params.project)),

  writePolicy: async ({ context, services, params, body, ifMatch }) =>
    reply(await writePolicy(context, services.database, params.project, { policy: body, ifMatch })),
}
