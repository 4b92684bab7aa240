/** Retention over HTTP. */
import type { retentionOperations } from '@flagmarshal/api/retention'

import { showRetention, writeRetention } from '../../retention/settings.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof retentionOperations> = {
  showRetention: async ({ services }) => reply(await showRetention(services.database.kysely)),

  writeRetention: async ({ context, services, body, ifMatch }) =>
    reply(await writeRetention(context, services.database, { days: body, ifMatch })),
}
