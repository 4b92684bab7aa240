/** What SDKs speak, over HTTP: answered from memory, at the server as at an edge. */
import type { deliveryOperations, Snapshot } from '@flagmarshal/api/delivery'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { revisionOfTag, snapshotVoice } from '../../delivery/voices.ts'
import { notFound } from '../../refusals.ts'
import type { Handlers } from '../handler.ts'
import { acceptsGzip, instanceOf, ownEnvironment } from '../own-environment.ts'
import type { SdkServices } from '../services.ts'

type SdkOperations = Pick<
  typeof deliveryOperations,
  'getSnapshot' | 'streamSnapshot' | 'acknowledgeRevision' | 'sendTelemetry'
>

export const handlers: Handlers<SdkOperations, SdkServices> = {
  getSnapshot: async ({ context, services, header }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const state = await services.delivery.environments.get(key)
    if (state === undefined) return notFound('environment', key.environment)
    const instance = instanceOf(header)
    if (instance !== undefined) services.delivery.polled(key, instance)
    const gzip = acceptsGzip(header)
    const unchanged = header('if-none-match') === `"${state.snapshot.revision}"`
    return {
      // The engine's type is read-only all the way down; the wire's is not.
      body: state.snapshot as Snapshot,
      revision: state.snapshot.revision,
      prepared:
        gzip && !unchanged ? { bytes: await state.gzipped(), encoding: 'gzip' } : { bytes: state.bytes() },
    }
  },

  streamSnapshot: async ({ context, services, header }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    if ((await services.delivery.environments.get(key)) === undefined)
      return notFound('environment', key.environment)
    const has = revisionOfTag(header('last-event-id'))
    return {
      stream: (stream) =>
        services.delivery.follow(
          { key, instance: instanceOf(header), sdkKey: context.actor.id, has, voice: snapshotVoice },
          stream,
        ),
    }
  },

  acknowledgeRevision: async ({ context, services, body }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    await services.delivery.acknowledge(key, body)
    return { body: undefined }
  },

  sendTelemetry: async ({ context, services, body }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const received = await services.delivery.report(key, body)
    return isRefusal(received) ? received : { body: undefined }
  },
}
