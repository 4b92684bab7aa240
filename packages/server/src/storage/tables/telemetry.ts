/** Counts that SDKs report. Kept for 30 days. */
import type { Arm } from '@flagmarshal/evaluation'

import type { Instant, JsonColumn } from '../column.ts'

export interface TelemetryTables {
  /** Reports that have been counted: a repeat is discarded. Kept for an hour. */
  telemetry_reports: {
    project: string
    environment: string
    instance: string
    seq: number
    received_at: Instant
  }
  measurement_windows: {
    rollout: string
    attempt: number
    /** Windows are half-open and aligned to their length since 1970. */
    window_end: Instant
    /** Empty for contexts that belong to none. */
    audience: string
    arm: Arm
    n: number
    bad: number
    slow: number
    /** Of `n`, those of the exposed arm that were served the treatment. */
    treated: number
  }
  /** Distinct bucketing keys, each once per attempt and arm, with where it was first seen. */
  measured_keys: {
    rollout: string
    attempt: number
    arm: Arm
    /** The 64 bits of the hash, signed. */
    hash: string | number | bigint
    audience: string
    window_end: Instant
  }
  usage_minutes: {
    project: string
    environment: string
    flag: string
    variant: string
    minute_end: Instant
    n: number
    bad: number
    slow: number
  }
  /** What processes use. Kept for two days. */
  process_samples: {
    project: string
    environment: string
    instance: string
    service: string
    at: Instant
    used: JsonColumn<Readonly<Record<string, number>>>
  }
  usage_faults: {
    project: string
    environment: string
    flag: string
    /** An error code, or CODE_DEFAULT. */
    code: string
    minute_end: Instant
    n: number
  }
  usage_reasons: {
    project: string
    environment: string
    flag: string
    variant: string
    reason: string
    minute_end: Instant
    n: number
  }
  /** Unexposed requests of the flags of features, by slices of the targeting keys. Kept for three days. */
  traffic_slices: {
    project: string
    environment: string
    flag: string
    variant: string
    minute_end: Instant
    n: number[]
    bad: number[]
    slow: number[]
  }
}
