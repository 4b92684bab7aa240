/** Changing a channel, switching it off and on, and removing it. */
import type { ChangedChannel, Channel } from '@flagmarshal/api/channel'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound, stale } from '../refusals.ts'
import { channelOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { lockChannel, removeChannel, updateChannel } from '../storage/channels.ts'
import type { ChannelKey } from '../storage/channels.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { announceDeliveries } from '../storage/outbox.ts'
import { channelView } from './view.ts'

/** Replaces what is given; a secret that is not given stays. What waited is sent once it is active. */
export async function changeChannel(
  context: Context,
  { database, safe }: { readonly database: Database; readonly safe: Safe },
  key: ChannelKey,
  { ifMatch, ...input }: ChangedChannel & { readonly ifMatch: number },
): Promise<Channel | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await lockChannel(tx, key)
    if (before === undefined) return notFound('channel', key.channel)
    if (before.revision !== ifMatch) return stale('channel', channelView(before))
    if (before.kind !== input.kind) {
      return refuse(
        'invalid',
        `The channel ${key.channel} is a ${before.kind} channel and stays one.`,
        'Create another channel.',
        '/kind',
      )
    }
    const { settings, subscribes, state, secret } = input
    const sealed =
      secret === undefined ? before.secret : safe.seal(secret, channelOwner(key.project, key.channel))
    const because = state === 'active' ? null : before.disabled_because
    const changed = { subscribes, state, secret: sealed, disabled_because: because, revision: ifMatch + 1 }
    await updateChannel(tx, key, { ...changed, settings: toJson(settings) })
    await announceDeliveries(tx)
    const view = channelView({ ...before, ...changed, settings })
    await record(tx, context, {
      chain: { project: key.project },
      action: 'channel.update',
      subject: { kind: 'channel', id: key.channel },
      before: channelView(before),
      after: { ...view, secretChanged: secret !== undefined },
    })
    return view
  })
}

/** Removes it. */
export async function deleteChannel(
  context: Context,
  database: Database,
  key: ChannelKey,
): Promise<undefined | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await lockChannel(tx, key)
    if (before === undefined) return notFound('channel', key.channel)
    await removeChannel(tx, key, context.now)
    await record(tx, context, {
      chain: { project: key.project },
      action: 'channel.delete',
      subject: { kind: 'channel', id: key.channel },
      before: channelView(before),
    })
    return undefined
  })
}
