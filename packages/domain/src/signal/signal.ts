/**
 * Messages to the world outside, as CloudEvents without their envelope (P-O2).
 * Format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
import type { Json } from '../audit/canonical.ts'

/** `dev.flagmarshal.<noun>.<verb>`: what a signal is. */
export const SIGNAL_TYPES = {
  /** "Feature flags ready": configured and tested. */
  flagsReady: 'dev.flagmarshal.featureflags.ready',
  /** "Rollout plan approved": ready for deployment. */
  planApproved: 'dev.flagmarshal.rolloutplan.approved',
  monitoringConfigured: 'dev.flagmarshal.monitoring.configured',
  approvalRequested: 'dev.flagmarshal.approval.requested',
  approvalGranted: 'dev.flagmarshal.approval.granted',
  /** An approval that something changed after: it counts no more. */
  approvalStale: 'dev.flagmarshal.approval.stale',
  halted: 'dev.flagmarshal.procedure.halted',
  /** Inputs are missing or fail: who gets each one, how, by when. */
  inputMissing: 'dev.flagmarshal.input.missing',
  completed: 'dev.flagmarshal.procedure.completed',
  aborted: 'dev.flagmarshal.procedure.aborted',
  /** Somebody went past a closed gate in an emergency; somebody else looked at it. */
  gateBroken: 'dev.flagmarshal.gate.broken',
  gateReviewed: 'dev.flagmarshal.gate.reviewed',
  /** A change of a protected environment waits for approval, got what it waits for, is live, or is given up. */
  draftRequested: 'dev.flagmarshal.draft.requested',
  draftApproved: 'dev.flagmarshal.draft.approved',
  draftChangesRequested: 'dev.flagmarshal.draft.changes_requested',
  draftPublished: 'dev.flagmarshal.draft.published',
  draftDiscarded: 'dev.flagmarshal.draft.discarded',
  /** Nobody has acted for longer than the policy allows; revoked as soon as somebody does. */
  blocked: 'dev.flagmarshal.procedure.blocked',
  /** People are asked something by a No-Go. */
  consulted: 'dev.flagmarshal.procedure.consulted',
  /** A rollback is done: its report, and who follows the cause up. */
  rollbackReported: 'dev.flagmarshal.rollback.reported',
  /** A flag that should go is to be removed from the code. */
  cleanUpRequested: 'dev.flagmarshal.flag.cleanup.requested',
} as const

/** The type that takes an earlier signal back. */
export function revoked(type: string): string {
  return `${type}.revoked`
}

export interface Signal {
  readonly type: string
  /** What it is about, like `features/new-checkout`. */
  readonly subject: string
  readonly data: { readonly [name: string]: Json }
}
