/**
 * A signal in one line for people: what happened, to what.
 */

/** By the end of the type: the first that fits speaks. */
const WORDS: readonly (readonly [end: string, words: string])[] = [
  ['featureflags.ready', 'Feature flags ready'],
  ['rolloutplan.approved', 'Rollout plan approved'],
  ['monitoring.configured', 'Monitoring configured'],
  ['approval.requested', 'Approval requested'],
  ['approval.granted', 'Approval given'],
  ['approval.stale', 'Approval no longer counts'],
  ['procedure.blocked', 'Procedure blocked: nobody acts'],
  ['procedure.consulted', 'Your answer is asked for'],
  ['gate.broken', 'Somebody went past a closed gate'],
  ['gate.reviewed', 'A broken gate was looked at'],
  ['draft.requested', 'Draft waits for approval'],
  ['draft.approved', 'Draft approved'],
  ['draft.changes_requested', 'Changes of a draft are asked for'],
  ['draft.published', 'Draft published'],
  ['draft.discarded', 'Draft given up'],
  ['input.missing', 'Inputs are missing'],
  ['procedure.halted', 'Procedure halted: inputs are missing'],
  ['procedure.completed', 'Procedure completed'],
  ['procedure.aborted', 'Procedure aborted'],
  ['rollout.scheduled', 'Rollout scheduled'],
  ['rollout.stage.entered', 'Rollout entered a stage'],
  ['rollout.advanced', 'Rollout advanced'],
  ['rollout.held', 'Rollout held'],
  ['rollout.paused', 'Rollout paused'],
  ['rollout.review.due', 'A review of the rollout is due'],
  ['rollout.review.late', 'A review of the rollout is late'],
  ['rollout.review.escalated', 'Nobody reviews the rollout'],
  ['rollout.reviewed', 'Rollout reviewed'],
  ['rollout.approved', 'Increment approved'],
  ['rollout.approval.void', 'Approval of an increment is void'],
  ['rollout.overridden', 'A criterion is set aside'],
  ['rollout.plan.adopted', 'Rollout follows a new plan'],
  ['rollout.warned', 'A criterion is breached after 100 %'],
  ['rollout.edited', 'Flag edited outside its rollout'],
  ['rollout.delayed', 'Rollout does not start at its time'],
  ['rollout.resumed', 'Rollout goes on'],
  ['rollout.rolledback', 'Rollout is rolled back'],
  ['rollout.rollback.verified', 'Rollback verified'],
  ['rollout.rollback.failed', 'Rollback could not be verified'],
  ['rollout.completed', 'Rollout completed'],
  ['rollout.aborted', 'Rollout aborted'],
  ['flag.killed', 'Flag killed'],
  ['flag.kill.recovery', 'What a kill has brought'],
  ['flag.rollback.failed', 'A kill has not helped'],
  ['hook.confirmation', 'Data rollback waits for a confirmation'],
  ['hook.succeeded', 'Hook done'],
  ['hook.failed', 'Hook failed'],
  ['rollback.triggered', 'Rollback set off'],
  ['rollback.reopened', 'Rollback opened again'],
  ['rollback.reported', 'Rollback done'],
  ['flag.kill.verified', 'Kill verified'],
  ['flag.cleanup.requested', 'Flag to be removed from the code'],
  ['report.received', 'Report received'],
  ['report.resolved', 'Report resolved'],
]

/** `Feature flags ready: new-checkout`; types without words of their own are named as they are. */
export function headlineOf(type: string, subject: string): string {
  const [kind, part = subject] = subject.split('/')
  const about = kind === 'flags' ? decodeURIComponent(part) : part
  const base = type.replace(/\.revoked$/, '')
  const words = WORDS.find(([end]) => base.endsWith(`.${end}`))?.[1] ?? base
  return `${words}${type === base ? '' : ' no longer'}: ${about}`
}
