/** Creating a channel. */
import type { Channel, NewChannel } from '@flagmarshal/api/channel'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken, notFound } from '../refusals.ts'
import { channelOwner } from '../secret/seal.ts'
import type { Safe } from '../secret/seal.ts'
import { insertChannel } from '../storage/channels.ts'
import { toJson } from '../storage/column.ts'
import type { Database } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import { channelView } from './view.ts'

/** Creates it, active; its secret is sealed before it reaches the database. */
export async function createChannel(
  context: Context,
  { database, safe }: { readonly database: Database; readonly safe: Safe },
  project: string,
  input: NewChannel,
): Promise<Channel | Refusal> {
  const { key, kind, settings, secret, subscribes } = input
  const row = {
    project,
    key,
    kind,
    subscribes,
    secret: secret === undefined ? null : safe.seal(secret, channelOwner(project, key)),
    state: 'active' as const,
    disabled_because: null,
    revision: 1,
    created_at: context.now,
  }
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    if (!(await insertChannel(tx, { ...row, settings: toJson(settings) }))) return keyTaken('channel', key)
    const view = channelView({ ...row, settings })
    await record(tx, context, {
      chain: { project },
      action: 'channel.create',
      subject: { kind: 'channel', id: key },
      after: view,
    })
    return view
  })
}
