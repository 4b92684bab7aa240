/** What was set up in monitoring systems, and what was seen of it. */
import type { MonitoringSighting } from '@flagmarshal/domain/monitoring/found'

import type { Instant, JsonColumn } from '../column.ts'

export interface MonitoringTables {
  monitoring_setups: {
    project: string
    environment: string
    flag: string
    connection: string
    run: string
    rules: JsonColumn<{ readonly prefix: string; readonly hash: string; readonly count: number }> | null
    dashboard: JsonColumn<{ readonly uid: string; readonly version: number; readonly url: string }> | null
    at: Instant
    annotated_rollout: string | null
    annotated_seq: number
  }
  monitoring_sightings: {
    run: string
    found: JsonColumn<MonitoringSighting>
    at: Instant
  }
}
