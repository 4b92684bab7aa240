/**
 * State changes that others rely on (P-O4): reached, and said at once when they stop being true.
 */
import type { Milestone, ProcedureDefinition } from './model.ts'
import type { Run } from './run.ts'
import { presentAttempt, recordOf } from './standing.ts'

/** A milestone that a transition reached or lost. */
export interface MilestoneChange {
  readonly milestone: Milestone
  readonly reached: boolean
}

/** Whether a run has reached a milestone. An aborted one has reached none; halting takes none away. */
export function hasReached(milestone: Milestone, run: Run): boolean {
  if (run.state.kind === 'aborted') return false
  if (milestone.when !== 'approved')
    return presentAttempt(recordOf(run, milestone.when.step)).outcome === 'go'
  return run.steps.every((it) => presentAttempt(it).outcome === 'go')
}

/** What a transition changed, in the order of the definition. */
export function milestoneChanges(
  definition: ProcedureDefinition,
  before: Run,
  after: Run,
): readonly MilestoneChange[] {
  return definition.milestones
    .map((milestone) => ({ milestone, reached: hasReached(milestone, after) }))
    .filter(({ milestone, reached }) => reached !== hasReached(milestone, before))
}
