/** Edges over HTTP, at the server. */
import type { edgeOperations } from '@flagmarshal/api/edge'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { forgetEdge, listEdges } from '../../delivery/edges.ts'
import { revisionOfTag, snapshotVoice } from '../../delivery/voices.ts'
import { notFound } from '../../refusals.ts'
import { takeAnswers } from '../../verification/run.ts'
import { replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from '../own-environment.ts'

export const handlers: Handlers<typeof edgeOperations> = {
  followAsEdge: async ({ context, services: { delivery }, header }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    if ((await delivery.environments.get(key)) === undefined) return notFound('environment', key.environment)
    const keys = await delivery.edgeStreams.keysOf(key)
    const has = revisionOfTag(header('last-event-id'))
    const { id: sdkKey } = context.actor
    return {
      stream: (stream) => {
        delivery.follow({ key, instance: undefined, sdkKey, has, voice: snapshotVoice }, stream)
        delivery.edgeStreams.add(key, keys, stream)
      },
    }
  },

  relayFromEdge: async ({ context, services, body }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    return (await services.delivery.relayed(key, body)) ?? { body: undefined }
  },

  answerFromEdge: async ({ context, services, params, body }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    return (await takeAnswers(services.database, { ...key, ...params }, body)) ?? { body: undefined }
  },

  listEdges: async ({ services, params }) => replyList(await listEdges(services.database, params)),

  forgetEdge: async ({ context, services, params }) =>
    (await forgetEdge(context, services.database, params)) ?? { body: undefined },
}
