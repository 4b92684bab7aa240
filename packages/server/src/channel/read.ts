/** Reading channels. */
import type { Channel } from '@flagmarshal/api/channel'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import { selectChannel, selectChannels } from '../storage/channels.ts'
import type { ChannelKey } from '../storage/channels.ts'
import type { Database } from '../storage/database.ts'
import { selectProject } from '../storage/projects.ts'
import { channelView } from './view.ts'

/** The channels of a project, by key. */
export async function listChannels(database: Database, project: string): Promise<Channel[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  return (await selectChannels(database.kysely, project)).map(channelView)
}

/** One channel. */
export async function getChannel(database: Database, key: ChannelKey): Promise<Channel | Refusal> {
  const row = await selectChannel(database.kysely, key)
  return row === undefined ? notFound('channel', key.channel) : channelView(row)
}
