/**
 * How long what is recorded is kept, in days. Decisions, approvals, evidence that a Go names and the audit
 * chain are kept for ever and stand in no list.
 */
export interface RetentionDays {
  /** What rollouts are judged by. */
  readonly telemetry: number
  /** Applications that were not seen any more. */
  readonly instances: number
  /** Signals that were delivered or given up. */
  readonly deliveries: number
  /** Events of other systems that were taken. */
  readonly inbound: number
  /** Sessions that have ended. */
  readonly sessions: number
  /** Contexts that nobody saved anew; null for ever. */
  readonly personas: number | null
}

/** What holds until somebody settles something else. */
export const DEFAULT_RETENTION: RetentionDays = {
  telemetry: 30,
  instances: 7,
  deliveries: 90,
  inbound: 90,
  sessions: 30,
  personas: null,
}
