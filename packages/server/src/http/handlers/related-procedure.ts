/** Addresses of related procedures over HTTP. */
import type { relatedProcedureOperations } from '@flagmarshal/api/related-procedure'

import { showRelated, writeRelated } from '../../procedure/related.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof relatedProcedureOperations> = {
  showRelatedProcedures: async ({ services }) => reply(await showRelated(services.database.kysely)),

  writeRelatedProcedures: async ({ context, services, body, ifMatch }) =>
    reply(await writeRelated(context, services.database, { addresses: body.addresses, ifMatch })),
}
