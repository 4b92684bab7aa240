/** What SDKs speak, over HTTP. */
import { InstanceId } from '@flagmarshal/api/delivery'
import type { deliveryOperations, Snapshot } from '@flagmarshal/api/delivery'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Actor } from '../../context.ts'
import { listInstances } from '../../delivery/list-instances.ts'
import { revisionOfTag, snapshotVoice } from '../../delivery/voices.ts'
import { notFound } from '../../refusals.ts'
import type { EnvironmentKey } from '../../storage/snapshots.ts'
import { replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof deliveryOperations> = {
  getSnapshot: async ({ context, services, header }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const state = await services.delivery.environments.get(key)
    if (state === undefined) return notFound('environment', key.environment)
    const instance = instanceOf(header)
    if (instance !== undefined) services.delivery.polled(key, instance)
    const gzip = /\bgzip\b/.test(header('accept-encoding') ?? '')
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

  listOwnInstances: async ({ context, services }) => {
    const key = ownEnvironment(context.actor)
    return isRefusal(key) ? key : replyList(await listInstances(services.database, key))
  },

  listInstances: async ({ services, params }) => replyList(await listInstances(services.database, params)),
}

/** Where an SDK key belongs; the router has compared it with the address. */
export function ownEnvironment({ project, environment }: Actor): EnvironmentKey | Refusal {
  if (project !== undefined && environment !== undefined) return { project, environment }
  return refuse(
    'no-environment',
    'This address takes project and environment from the key, and this token belongs to neither.',
    'Use an SDK key, or the address that begins with /api/v1/projects/.',
    '#/header/authorization',
  )
}

/** The instance that asks; undefined where it does not say so, or not in a way that can be stored. */
function instanceOf(header: (name: string) => string | undefined): string | undefined {
  return InstanceId.safeParse(header('flagmarshal-instance')).data
}
