/**
 * The one way from a run to the next: `transition(setting, run, event, now)`.
 *
 * Each event has its rule; whatever it changes, the state is derived anew from the record at the
 * end. Acts that their state does not allow are refused before anything else is looked at.
 */
import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { isRefusal } from '../refusal.ts'
import { closeAction } from './action.ts'
import type { ActionClosed } from './action.ts'
import { approve, requestApproval, reviewSubject } from './approval.ts'
import type { ApprovalRequested, Approved, SubjectReviewed } from './approval.ts'
import { heldRoles, mayAcknowledge, mayNow, mayWorkOn, mustBePerson, roleNeeded } from './can.ts'
import type { Act } from './can.ts'
import { decide } from './decision.ts'
import type { Decided } from './decision.ts'
import { attest, setAside } from './evidence.ts'
import type { CheckAttested, CheckSetAside } from './evidence.ts'
import { abort, schedule } from './exit.ts'
import type { Aborted, Scheduled } from './exit.ts'
import { lookAtInputs, observeInputs, overrideInput, provideInput, recordTrigger } from './inputs.ts'
import type {
  InputOverridden,
  InputProvided,
  InputsLookedAt,
  InputsObserved,
  TriggerRecorded,
} from './inputs.ts'
import { observe } from './observe.ts'
import type { Observed } from './observe.ts'
import { agreeRemediation } from './remediation.ts'
import type { RemediationAgreed } from './remediation.ts'
import type { Actor, CheckResult, JsonObject, Run, Setting } from './run.ts'
import { changedParts, renewed, spread, withAuthor } from './stale.ts'
import { onStep, presentAttempt, recordOf, stateOf, stepOf } from './standing.ts'
import { comment, resolveThread } from './thread.ts'
import type { Commented, ThreadResolved } from './thread.ts'
import { reviewWorkPlan, writeWorkPlan } from './work-plan.ts'
import type { WorkPlanReviewed, WorkPlanWritten } from './work-plan.ts'

/** Everything that can happen to a run. */
export type RunEvent =
  | TriggerRecorded
  | InputProvided
  | InputOverridden
  | InputsObserved
  | InputsLookedAt
  | RemediationAgreed
  | WorkPlanWritten
  | WorkPlanReviewed
  | {
      readonly kind: 'output-written'
      readonly step: number
      readonly output: JsonObject
      readonly by: Actor
    }
  | { readonly kind: 'checks-run'; readonly step: number; readonly checks: readonly CheckResult[] }
  | CheckAttested
  | CheckSetAside
  | Decided
  | ActionClosed
  | { readonly kind: 'acknowledged'; readonly step: number; readonly by: Actor }
  | SubjectReviewed
  | Commented
  | ThreadResolved
  | ApprovalRequested
  | Approved
  | Observed
  /** Something found out later that the outcome of a step does not hold. */
  | { readonly kind: 'disproved'; readonly step: number; readonly why: string }
  | Scheduled
  | Aborted

const ACTS: Readonly<Partial<Record<RunEvent['kind'], Act>>> = {
  'trigger-recorded': 'record-trigger',
  'input-provided': 'provide-input',
  'input-overridden': 'provide-input',
  'remediation-agreed': 'provide-input',
  'work-plan-written': 'write-work-plan',
  'work-plan-reviewed': 'review-work-plan',
  'output-written': 'write-step',
  'checks-run': 'run-checks',
  'check-attested': 'give-evidence',
  'check-set-aside': 'give-evidence',
  decided: 'decide-step',
  'action-closed': 'close-action',
  acknowledged: 'acknowledge',
  'subject-reviewed': 'review-subject',
  commented: 'comment',
  'thread-resolved': 'resolve-comment',
  'approval-requested': 'request-approval',
  approved: 'approve',
  scheduled: 'schedule',
  aborted: 'abort',
}

/** The run after an event (the same object where nothing changed), or why it is refused. The revision is the store's to raise. */
export function transition(setting: Setting, run: Run, event: RunEvent, now: Date): Run | Refusal {
  const act = ACTS[event.kind]
  const no = act === undefined ? undefined : mayNow(run, act)
  if (no !== undefined) return no
  const next = apply(setting, run, event, now)
  if (isRefusal(next) || next === run) return next
  const acted = act === undefined ? next : { ...next, actedAt: now }
  return { ...acted, state: stateOf(setting.definition, acted) }
}

function apply(setting: Setting, run: Run, event: RunEvent, now: Date): Run | Refusal {
  switch (event.kind) {
    case 'trigger-recorded':
      return recordTrigger(run, event, now)
    case 'input-provided':
      return provideInput(setting, run, event, now)
    case 'input-overridden':
      return overrideInput(setting, run, event)
    case 'inputs-observed':
      return observeInputs(setting, run, event, now)
    case 'inputs-looked-at':
      return lookAtInputs(setting, run, event, now)
    case 'remediation-agreed':
      return agreeRemediation(setting, run, event, now)
    case 'work-plan-written':
      return writeWorkPlan(setting, run, event, now)
    case 'work-plan-reviewed':
      return reviewWorkPlan(run, event, now)
    case 'output-written':
      return writeOutput(setting, run, event, now)
    case 'checks-run':
      return (
        mayWorkOn(setting, run, event.step) ??
        onStep(run, event.step, (it) => ({ ...it, checks: event.checks }))
      )
    case 'check-attested':
      return attest(setting, run, event, now)
    case 'check-set-aside':
      return setAside(setting, run, event, now)
    case 'decided':
      return decide(setting, run, event, now)
    case 'action-closed':
      return closeAction(run, event, now)
    case 'acknowledged':
      return acknowledge(setting, run, event, now)
    case 'subject-reviewed':
      return reviewSubject(setting, run, event, now)
    case 'commented':
      return comment(setting, run, event, now)
    case 'thread-resolved':
      return resolveThread(setting, run, event, now)
    case 'approval-requested':
      return requestApproval(setting, run, event, now)
    case 'approved':
      return approve(setting, run, event, now)
    case 'observed':
      return observe(setting, run, event, now)
    case 'disproved':
      return spread(setting.definition, run, event, now)
    case 'scheduled':
      return schedule(setting, run, event, now)
    case 'aborted':
      return abort(setting, run, event, now)
  }
}

type EventOf<K extends RunEvent['kind']> = Extract<RunEvent, { readonly kind: K }>

function writeOutput(setting: Setting, run: Run, event: EventOf<'output-written'>, now: Date): Run | Refusal {
  const { definition } = setting
  const { step, output, by } = event
  const no = mayWorkOn(setting, run, step)
  if (no !== undefined) return no
  if (stepOf(definition, step).decision.by === 'approvals') {
    return refuse('computed', `Step ${step} has no output to write.`, 'It is made of reviews and approvals.')
  }
  const before = recordOf(run, step).output
  if (canonical(before) === canonical(output)) return run
  const parts = changedParts(definition, step, before, output)
  const written = onStep(run, step, (it) => renewed(it, output))
  const why = `the output of step ${step} (${stepOf(definition, step).title}) was changed by ${by.id}`
  return spread(definition, withAuthor(written, parts, by.id), { step, why }, now)
}

function acknowledge(setting: Setting, run: Run, event: EventOf<'acknowledged'>, now: Date): Run | Refusal {
  const roles = setting.definition.approvals.map((it) => it.role)
  const no = mayAcknowledge(run, event.step) ?? mustBePerson(event.by, 'An acknowledgement')
  if (no !== undefined) return no
  if (heldRoles(setting, event.by, roles).length === 0)
    return roleNeeded(setting, roles, 'An acknowledgement')
  return onStep(run, event.step, (it) => ({
    ...it,
    acknowledged: { attempt: presentAttempt(it).number, by: event.by.id, at: now },
  }))
}
