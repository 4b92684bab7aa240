/** Connections over HTTP. */
import type { connectionOperations } from '@flagmarshal/api/connection'

import { createConnection } from '../../connection/create.ts'
import { changeConnection, deleteConnection } from '../../connection/edit.ts'
import { testConnection } from '../../connection/probe.ts'
import { getConnection, listConnections } from '../../connection/read.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof connectionOperations> = {
  listConnections: async ({ services, params }) => replyList(await listConnections(services, params.project)),

  createConnection: async ({ context, services, params, body }) =>
    reply(await createConnection(context, services, params.project, body)),

  getConnection: async ({ services, params }) => reply(await getConnection(services, params)),

  updateConnection: async ({ context, services, params, body, ifMatch }) =>
    reply(await changeConnection(context, services, params, { ...body, ifMatch })),

  deleteConnection: async ({ context, services, params }) =>
    reply(await deleteConnection(context, services, params)),

  testConnection: async ({ context, services, params }) =>
    reply(await testConnection(context, { ...services, ...services.monitoring }, params)),
}
