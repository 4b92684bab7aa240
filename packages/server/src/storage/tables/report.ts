/** What comes in from outside: sources, their events, and reports by people and machines. */
import type { ReportKind, Severity } from '@flagmarshal/domain/signal/report'

import type { Instant, JsonColumn } from '../column.ts'

export interface ReportTables {
  inbound_sources: {
    project: string
    key: string
    /** Sealed. */
    secret: string
    created_at: Instant
  }
  inbound_events: {
    project: string
    /** CloudEvents source. */
    source: string
    /** CloudEvents id. */
    id: string
    at: Instant
    /** What was answered. */
    result: JsonColumn
  }
  reports: {
    id: string
    project: string
    /** Null where an alert names none. */
    feature: string | null
    kind: ReportKind
    severity: Severity
    /** Of feedback: whether it is good. */
    positive: boolean | null
    text: string
    reference: string | null
    /** `person`, or the inbound source. */
    origin: string
    reported_by: string
    at: Instant
    resolved_at: Instant | null
    /** What makes a report of a machine the same as an earlier one. */
    dedup_key: string | null
    /** Name of the alert that it came from. */
    alert: string | null
  }
}
