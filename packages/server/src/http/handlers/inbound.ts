/** What comes in from other systems over HTTP. */
import type { inboundOperations } from '@flagmarshal/api/inbound'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { believeBearer, believeSigned } from '../../inbound/believe.ts'
import { receiveAlerts } from '../../inbound/receive-alerts.ts'
import { receiveEvent } from '../../inbound/receive-event.ts'
import { createSource, deleteSource, listSources } from '../../inbound/sources.ts'
import { createReport } from '../../report/record.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof inboundOperations> = {
  listInboundSources: async ({ services, params }) =>
    replyList(await listSources(services.database, params.project)),

  createInboundSource: async ({ context, services, params, body }) =>
    reply(await createSource(context, services, params.project, body)),

  deleteInboundSource: async ({ context, services, params }) =>
    reply(await deleteSource(context, services.database, params)),

  receiveEvent: async ({ context, services, params, body, header, bytes }) => {
    const sender = await believeSigned(context, services, { key: params, header, body: bytes })
    if (isRefusal(sender)) return sender
    return reply(await receiveEvent(sender, services.database, params, body))
  },

  receiveAlerts: async ({ context, services, params, body, header, bytes }) => {
    const sender = await believeBearer(context, services, { key: params, header, body: bytes })
    if (isRefusal(sender)) return sender
    return reply(await receiveAlerts(sender, services.database, params, body))
  },

  receiveReport: async ({ context, services, params, body, header, bytes }) => {
    const sender = await believeSigned(context, services, { key: params, header, body: bytes })
    if (isRefusal(sender)) return sender
    const given = {
      ...body,
      project: params.project,
      origin: `inbound/${params.source}`,
      dedupKey: `report/${params.source}/${header('webhook-id')}`,
    }
    return reply(await createReport(sender, services.database, given))
  },
}
