/** The own tokens over HTTP. */
import type { ownTokenOperations } from '@flagmarshal/api/own-token'

import { createOwnToken, listOwnTokens, revokeOwnToken } from '../../access/own-tokens.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof ownTokenOperations> = {
  listOwnTokens: async ({ context, services }) => replyList(await listOwnTokens(context, services.database)),

  createOwnToken: async ({ context, services, body }) =>
    reply(await createOwnToken(context, services.database, body)),

  revokeOwnToken: async ({ context, services, params }) =>
    reply(await revokeOwnToken(context, services.database, params.token)),
}
