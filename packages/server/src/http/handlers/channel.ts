/** Channels and deliveries over HTTP. */
import type { channelOperations } from '@flagmarshal/api/channel'

import { createChannel } from '../../channel/create.ts'
import { changeChannel, deleteChannel } from '../../channel/edit.ts'
import { getChannel, listChannels } from '../../channel/read.ts'
import { listDeliveries, replayDelivery } from '../../signal/read.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof channelOperations> = {
  listChannels: async ({ services, params }) =>
    replyList(await listChannels(services.database, params.project)),

  createChannel: async ({ context, services, params, body }) =>
    reply(await createChannel(context, services, params.project, body)),

  getChannel: async ({ services, params }) => reply(await getChannel(services.database, params)),

  updateChannel: async ({ context, services, params, body, ifMatch }) =>
    reply(await changeChannel(context, services, params, { ...body, ifMatch })),

  deleteChannel: async ({ context, services, params }) =>
    reply(await deleteChannel(context, services.database, params)),

  listDeliveries: async ({ services, params, query }) =>
    replyList(await listDeliveries(services.database, params.project, query)),

  replayDelivery: async ({ context, services, params }) =>
    reply(await replayDelivery(context, services.database, params)),
}
