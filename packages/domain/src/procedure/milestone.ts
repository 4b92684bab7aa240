/**
 * State changes that others rely on (P-O4): reached, and said at once when they stop being true.
 */
import { standing } from './approval.ts'
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

/** Since when a milestone has been reached, and what shows it; undefined where it is not. */
export function reachedSince(
  milestone: Milestone,
  run: Run,
): { readonly since: Date; readonly evidence: readonly string[] } | undefined {
  if (!hasReached(milestone, run)) return undefined
  const number = milestone.when === 'approved' ? run.steps.length : milestone.when.step
  const { decisions, openedAt } = presentAttempt(recordOf(run, number))
  const given = standing(run).map((it) => it.bundleHash)
  const evidence = milestone.when === 'approved' ? given : decisions.flatMap((it) => it.evidence)
  return { since: decisions.at(-1)?.at ?? openedAt, evidence: [...new Set(evidence)] }
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
