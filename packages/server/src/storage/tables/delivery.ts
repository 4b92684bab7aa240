/** Instances of applications, and whether a change has reached them. */
import type { InstanceDescription } from '@flagmarshal/evaluation'

import type { Instant, JsonColumn } from '../column.ts'

export interface DeliveryTables {
  instances: {
    project: string
    environment: string
    instance: string
    /** `unknown` until the first acknowledgement. */
    application: string
    description: JsonColumn<InstanceDescription | null>
    mode: 'stream' | 'poll'
    poll_interval_ms: number
    acknowledged_revision: number | null
    acknowledged_at: Instant | null
    /** Renewed by the server that holds the stream; null or old when there is none. */
    stream_seen_at: Instant | null
    first_seen_at: Instant
    /** When the instance last said anything. */
    last_seen_at: Instant
    /** The edge through which it last spoke; null where it spoke to a server itself. */
    edge: string | null
  }
  edges: {
    project: string
    environment: string
    /** Names the edge, also after it was started again. */
    edge: string
    name: string
    version: string
    revision: number
    streams: number
    browser_streams: number
    buffered: number
    turned_away: number
    first_seen_at: Instant
    seen_at: Instant
    /** When it said that it ends. */
    left_at: Instant | null
  }
  verifications: {
    id: string
    /** `toggle`: a change whose speed is measured. */
    kind: 'kill' | 'rollback' | 'toggle'
    project: string
    environment: string
    flag: string
    /** The environment's revision that contains the change. */
    revision: number
    at: Instant
    by: string
    reason: string
    settled_state: 'verified' | 'verified_except' | 'timed_out' | null
    settled_at: Instant | null
  }
  /** Who counts: fixed when the verification begins. */
  verification_instances: {
    verification: string
    instance: string
    application: string
    mode: 'stream' | 'poll'
    poll_interval_ms: number
    confirmed_at: Instant | null
  }
}
