/** Formats of other tools, over HTTP. */
import type { exchangeOperations } from '@flagmarshal/api/exchange'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { exportFlags, flagdDefinition, manifestOf } from '../../exchange/export.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from './delivery.ts'

export const handlers: Handlers<typeof exchangeOperations> = {
  getFlagdDefinition: async ({ context, services }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const it = await flagdDefinition(services, key)
    return isRefusal(it) ? it : { body: it.definition, revision: it.revision }
  },

  getManifest: async ({ context, services }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    return { body: await manifestOf(services, key), headers: { 'x-manifest-capabilities': 'read' } }
  },

  exportFlags: async ({ services, params, query }) =>
    reply(await exportFlags(services, { ...params, environment: query.environment }, query.format)),
}
