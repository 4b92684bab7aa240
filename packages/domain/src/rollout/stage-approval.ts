/**
 * Approvals inside a stage: bound to the stage, the bundle and what the evidence says.
 *
 * What the evidence says are the verdicts, not the counts: with each window there is a little more of
 * them, and an approval that died of that could never be given. A verdict that becomes another one, a
 * way to Go that is another, a report more or less: each of them makes it void.
 */
import { refuse, type Refusal } from '../refusal.ts'
import type { AnyVerdict } from './advance.ts'
import type { Rollout, StageApproval } from './model.ts'
import { positionOf } from './position.ts'

/** What an approval covers, as text; its hash is what people see. */
export function evidenceText(rollout: Rollout, verdicts: readonly AnyVerdict[]): string {
  const position = positionOf(rollout)
  const place = position?.kind === 'running' ? [position.stage, position.increment] : []
  return JSON.stringify({
    attempt: rollout.attempt,
    place,
    verdicts: verdicts.map((verdict) => [
      verdict.criterion,
      verdict.kind,
      'tier' in verdict ? verdict.tier : '',
      'found' in verdict ? verdict.found : '',
    ]),
  })
}

/** Whether the approval that was given covers what is known now. */
export function isApproved(rollout: Rollout, verdicts: readonly AnyVerdict[]): boolean {
  return rollout.approval !== undefined && rollout.approval.evidence === evidenceText(rollout, verdicts)
}

/** Takes an approval of an increment that waits for one. */
export function withApproval(rollout: Rollout, approval: StageApproval): Rollout | Refusal {
  const { state } = rollout
  if (state.kind !== 'held' || state.reason !== 'approval') {
    return refuse(
      'nothing-to-approve',
      'this rollout does not wait for an approval',
      'approve once everything is Go and it waits for a person',
    )
  }
  return { ...rollout, approval, version: rollout.version + 1 }
}
