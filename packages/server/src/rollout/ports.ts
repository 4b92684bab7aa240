/**
 * What rollouts ask of the procedure above them: `app.ts` puts it in, so that rollouts know nothing
 * of how a plan comes to be approved.
 */
import type { Refusal } from '@flagmarshal/domain/refusal'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'

import type { Database, Queries } from '../storage/database.ts'

/** What a run has planned, and whether it may be carried out. */
export interface ApprovedPlan {
  readonly feature: string
  readonly flag: string
  readonly plan: ServedPlan
  readonly bundleHash: string
  /** When the rollout is to start; absent: when somebody starts it. */
  readonly startAt?: Date
  /** Why nothing may start at this moment: the calendar (P-S7-10). */
  readonly closed?: Refusal
  /** Why nothing can start: the flag system is not accessible (P-V3). */
  readonly unfit?: Refusal
}

export interface RolloutPorts {
  /**
   * The plan of a run whose approvals hold: the run is approved or completed, and what it would roll
   * out now still hashes to what was approved. A refusal says why not. Reads only.
   */
  loadApprovedPlan(queries: Queries, project: string, run: string): Promise<ApprovedPlan | Refusal>
}

/** What the use cases of rollouts work with. */
export interface RolloutParts {
  readonly database: Database
  readonly rolloutPorts: RolloutPorts
}
