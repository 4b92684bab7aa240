/** People, tokens and keys over HTTP. */
import type { accessOperations } from '@flagmarshal/api/access'

import { whoAmI } from '../../access/identity.ts'
import { createKey, listKeys, revokeKey, rotateKey } from '../../access/keys.ts'
import { changeRoles, createPerson, listPeople } from '../../access/people.ts'
import { createServiceToken, listServiceTokens, revokeServiceToken } from '../../access/service-tokens.ts'
import { createToken, revokeToken } from '../../access/tokens.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof accessOperations> = {
  whoAmI: ({ context }) => reply(whoAmI(context)),

  listPeople: async ({ services }) => replyList(await listPeople(services.database)),

  createPerson: async ({ context, services, body }) =>
    reply(await createPerson(context, services.database, body)),

  changeRoles: async ({ context, services, params, body }) =>
    reply(await changeRoles(context, services.database, params.person, body)),

  createToken: async ({ context, services, params, body }) =>
    reply(await createToken(context, services.database, params.person, body)),

  revokeToken: async ({ context, services, params }) =>
    reply(await revokeToken(context, services.database, params.token)),

  listKeys: async ({ services, params }) => replyList(await listKeys(services.database, params.project)),

  createKey: async ({ context, services, params, body }) =>
    reply(await createKey(context, services.database, params.project, body)),

  listServiceTokens: async ({ services, params }) =>
    replyList(await listServiceTokens(services.database, params.project)),

  createServiceToken: async ({ context, services, params, body }) =>
    reply(await createServiceToken(context, services.database, params.project, body)),

  revokeServiceToken: async ({ context, services, params }) =>
    reply(await revokeServiceToken(context, services.database, params.project, params.token)),

  rotateKey: async ({ context, services, params, body }) =>
    reply(await rotateKey(context, services.database, params.project, { id: params.sdkKey, ...body })),

  revokeKey: async ({ context, services, params }) =>
    reply(await revokeKey(context, services.database, params.project, params.sdkKey)),
}
