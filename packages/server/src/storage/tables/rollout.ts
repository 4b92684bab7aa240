/** Rollouts: one row for each attempt, with its decisions and the windows that were folded. */
import type { CriterionEvidence, Measurement } from '@flagmarshal/domain/analysis/model'
import type { Split } from '@flagmarshal/domain/analysis/split'
import type { EvidencePoint } from '@flagmarshal/domain/rollout/evidence-line'
import type { Override, ReviewRecord, RolloutState, StageApproval } from '@flagmarshal/domain/rollout/model'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import type { Instant, JsonColumn } from '../column.ts'

export interface RolloutTables {
  /** One exposure salt for all attempts. */
  rollout_salts: {
    project: string
    feature: string
    flag: string
    environment: string
    salt: string
  }
  rollouts: {
    id: string
    project: string
    feature: string
    flag: string
    environment: string
    run: string
    /** Of the bundle that was approved when the attempt was made. */
    bundle_hash: string
    attempt: number
    /** As it was approved. */
    plan: JsonColumn<ServedPlan>
    /** Grows with each plan that was approved anew and taken over. */
    plan_version: number
    salt: string
    created_at: Instant
    created_by: string
    /** Grows with each change of the state: fences two writers. */
    version: number
    state: JsonColumn<RolloutState>
    /** When the state last became another one. */
    since: Instant
    evidence: JsonColumn<Readonly<Record<string, CriterionEvidence>>>
    /** How the arms are split; null where distinct keys are not reported. */
    split: JsonColumn<Split> | null
    approval: JsonColumn<StageApproval | null>
    overrides: JsonColumn<readonly Override[] | null>
    review: JsonColumn<ReviewRecord | null>
    start_at: Instant
    entered_at: Instant | null
    exposed_at: Instant | null
    watermark: Instant | null
    /** The environment's revision with which the rollout last wrote or accepted the flag; null before the start. */
    flag_revision: number | null
    rolled_back_at: Instant | null
    verification: string | null
    /** When the controller must look again; null once there is nothing more to do. */
    next_at: Instant | null
    ticked_at: Instant | null
    /** Set once another attempt may be made. */
    ended_at: Instant | null
  }
  rollout_decisions: {
    rollout: string
    /** From 1, without gaps. */
    seq: number
    at: Instant
    kind: string
    /** A person's id, or `controller`. */
    by: string
    from_state: JsonColumn<RolloutState>
    to_state: JsonColumn<RolloutState>
    numbers: JsonColumn
  }
  measurements: {
    rollout: string
    window_end: Instant
    measured: JsonColumn<readonly Measurement[]>
    /** Where the evidence stood after the window; empty while nobody was exposed. */
    evidence: JsonColumn<readonly EvidencePoint[]>
    /** Requests of the exposed arm, all audiences. */
    exposed: number
    /** All requests that evaluated the flag. */
    requests: number
  }
}
