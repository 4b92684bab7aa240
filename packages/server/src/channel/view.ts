/** A channel as callers see it: without its secret. */
import type { Channel } from '@flagmarshal/api/channel'
import { z } from 'zod'

import type { ChannelRow } from '../storage/channels.ts'

const Settings = z.record(z.string(), z.unknown())

/** A row → what the API shows and the audit chain keeps. */
export function channelView(row: ChannelRow): Channel {
  return {
    key: row.key,
    kind: row.kind,
    settings: Settings.parse(row.settings),
    hasSecret: row.secret !== null,
    subscribes: row.subscribes,
    state: row.state,
    ...(row.disabled_because === null ? {} : { disabledBecause: row.disabled_because }),
    revision: row.revision,
    createdAt: row.created_at.toISOString(),
  }
}
