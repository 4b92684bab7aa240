/** Channels to the world outside, and what is delivered to them. */
import type { ChannelKind } from '@flagmarshal/domain/signal/channel'

import type { Instant, JsonColumn } from '../column.ts'

export interface SignalTables {
  channels: {
    project: string
    key: string
    kind: ChannelKind
    /** What is not secret; its shape is the kind's. */
    settings: JsonColumn
    /** Sealed. */
    secret: string | null
    /** CloudEvents types; `*` and `….*` match more than one. */
    subscribes: string[]
    state: 'active' | 'disabled'
    disabled_because: string | null
    revision: number
    created_at: Instant
  }
  deliveries: {
    id: string
    signal: string
    project: string
    channel: string
    kind: ChannelKind
    /** What is delivered in order: all signals about one thing. */
    lane: string
    /** The signal's. */
    position: number
    state: 'waiting' | 'delivered' | 'dead' | 'dropped'
    attempts: number
    next_at: Instant
    /** Until then one server is sending it. */
    claimed_until: Instant | null
    /** What became of each attempt, oldest first. */
    log: JsonColumn
    /** What the receiver answered that proves it: ids of what it made. */
    proof: JsonColumn | null
    ended_at: Instant | null
    /** The name that it goes to alone, and its address; null for all that a channel takes. */
    recipient: string | null
    mailbox: string | null
    /** Hash of what became of it, where that is evidence. */
    evidence: string | null
  }
}
