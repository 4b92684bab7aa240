/** People over time, roles in single places, and accounts of automations over HTTP. */
import type { peopleOperations } from '@flagmarshal/api/people'

import { grantRole, withdrawRole } from '../../access/grants.ts'
import { changePerson, disablePerson, enablePerson, erasePerson } from '../../access/leaving.ts'
import {
  createServiceAccount,
  listServiceAccounts,
  removeServiceAccount,
} from '../../access/service-accounts.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof peopleOperations> = {
  changePerson: async ({ context, services, params, body }) =>
    reply(await changePerson(context, services.database, params.person, body)),

  disablePerson: async ({ context, services, params }) =>
    reply(await disablePerson(context, services.database, params.person)),

  enablePerson: async ({ context, services, params }) =>
    reply(await enablePerson(context, services.database, params.person)),

  erasePerson: async ({ context, services, params }) =>
    reply(await erasePerson(context, services.database, params.person)),

  grantRole: async ({ context, services, params, body }) =>
    reply(await grantRole(context, services.database, { person: params.person, grant: body })),

  withdrawRole: async ({ context, services, params, body }) =>
    reply(await withdrawRole(context, services.database, { person: params.person, grant: body })),

  listServiceAccounts: async ({ context, services, params }) =>
    replyList(await listServiceAccounts(context, services.database, params.project)),

  createServiceAccount: async ({ context, services, params, body }) =>
    reply(await createServiceAccount(context, services.database, params.project, body)),

  removeServiceAccount: async ({ context, services, params }) =>
    reply(await removeServiceAccount(context, services.database, params.project, params.account)),
}
