/**
 * Who may do what to a run, and in which state: the one table that the API and its callers share.
 * Each answer is `undefined` for yes, or the refusal that says why not.
 */
import type { Role } from '../access/permission.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { ProcedureDefinition } from './model.ts'
import type { Actor, Run, RunState, Setting } from './run.ts'
import { nextStep, planReviewed, recordOf, stepOf } from './standing.ts'

type Kind = RunState['kind']

const WORKING: readonly Kind[] = ['open', 'awaiting_approval', 'approved', 'completed', 'reopened']
const LIVING: readonly Kind[] = ['draft', 'halted', ...WORKING]
const DECIDING: readonly Kind[] = ['open', 'reopened']

/** In which states each act is possible. */
export const ALLOWED = {
  'record-trigger': LIVING,
  'provide-input': LIVING,
  'write-work-plan': LIVING,
  'review-work-plan': LIVING,
  'write-step': WORKING,
  'run-checks': WORKING,
  exercise: LIVING,
  'give-evidence': [...DECIDING, 'approved'],
  'decide-step': [...DECIDING, 'awaiting_approval'],
  'close-action': ['halted', ...WORKING],
  acknowledge: ['open'],
  comment: LIVING,
  'resolve-comment': LIVING,
  'review-subject': [...DECIDING, 'awaiting_approval'],
  'request-approval': DECIDING,
  approve: ['awaiting_approval'],
  schedule: ['approved', 'completed'],
  abort: LIVING,
} as const satisfies Record<string, readonly Kind[]>
export type Act = keyof typeof ALLOWED

const STATE_REMEDY: Readonly<Record<Kind, string>> = {
  draft: 'Have the work plan reviewed by somebody other than its author.',
  halted: 'Give the missing inputs; the run lists them with their remediation.',
  open: 'Do what the run lists as its next actions.',
  awaiting_approval: 'Wait for the approvals, or refuse them with a No-Go of the last step.',
  approved: 'Schedule the rollout, or change a step, which voids the approvals.',
  completed: 'Start a new run.',
  reopened: 'Decide the reopened step again.',
  aborted: 'Start a new run.',
}

/** Whether the run's state allows the act. */
export function mayNow(run: Run, act: Act): Refusal | undefined {
  const states: readonly Kind[] = ALLOWED[act]
  const { kind } = run.state
  if (states.includes(kind)) return undefined
  return refuse(
    `run-${kind.replaceAll('_', '-')}`,
    `The run is ${kind}; ${act} is not possible now.`,
    STATE_REMEDY[kind],
  )
}

/** Whether a step may be written or decided now: it, or a later one, is where the run stands. */
export function mayWorkOn(setting: Setting, run: Run, step: number): Refusal | undefined {
  if (!planReviewed(run)) {
    return refuse('work-plan-unreviewed', 'The work plan has not been reviewed.', STATE_REMEDY.draft)
  }
  const next = nextStep(setting.definition, run) ?? setting.definition.steps.length
  if (step <= next) return undefined
  const { title } = stepOf(setting.definition, next)
  return refuse(
    'step-locked',
    `Step ${step} is locked: step ${next} (${title}) is not Go.`,
    `Decide step ${next} first.`,
  )
}

/** Whether a step is the one to be decided now. */
export function mayDecide(setting: Setting, run: Run, step: number): Refusal | undefined {
  const locked = mayWorkOn(setting, run, step)
  if (locked !== undefined) return locked
  if (nextStep(setting.definition, run) !== step) {
    return refuse('step-decided', `Step ${step} is Go already.`, 'Change its output to open it again.')
  }
  const { state } = run
  if (state.kind === 'open' && state.waitsFor === 'acknowledgement') {
    return refuse(
      'validation-point',
      `The validation point after step ${state.step} has not been acknowledged.`,
      `Acknowledge step ${state.step} first.`,
    )
  }
  return undefined
}

/** Whether evidence for a step is taken now: while it is to be decided, for the last one until the exit. */
export function mayGiveEvidence(setting: Setting, run: Run, step: number): Refusal | undefined {
  const exiting = run.state.kind === 'approved' && step === setting.definition.steps.length
  return exiting ? undefined : mayDecide(setting, run, step)
}

/** Whether somebody is a person: decisions and approvals are made by nobody else. */
export function mustBePerson(actor: Actor, what: string): Refusal | undefined {
  if (actor.kind === 'user') return undefined
  return refuse(
    'person-needed',
    `${what} needs a person; this token belongs to none.`,
    "Use a person's own token.",
  )
}

/** The roles among `roles` that somebody holds for this feature: in his token and in the feature's list. */
export function heldRoles(setting: Setting, actor: Actor, roles: readonly Role[]): readonly Role[] {
  return roles.filter((role) => actor.roles.includes(role) && (setting.people[role] ?? []).includes(actor.id))
}

/** Everybody who holds one of these roles for this feature. */
export function holders(setting: Setting, roles: readonly Role[]): readonly string[] {
  return [...new Set(roles.flatMap((role) => setting.people[role] ?? []))]
}

/** Everybody who holds an approver role for this feature. */
export function approvers(setting: Setting): readonly string[] {
  return holders(setting, approverRoles(setting.definition))
}

/** The roles that approve; in a procedure without approvals those that decide its steps. */
function approverRoles({ approvals, steps }: ProcedureDefinition): readonly Role[] {
  if (approvals.length > 0) return approvals.map((it) => it.role)
  return steps.flatMap(({ decision }) => (decision.by === 'person' ? decision.roles : []))
}

/** A refusal for somebody who lacks the role, naming who has it. */
export function roleNeeded(setting: Setting, roles: readonly Role[], what: string): Refusal {
  const people = holders(setting, roles)
  return refuse(
    'role-needed',
    `${what} needs the role ${roles.join(' or ')} for feature ${setting.feature}.`,
    people.length === 0 ? 'Name somebody for this role in the feature.' : `Ask ${people.join(' or ')}.`,
  )
}

/** Whether an acknowledgement is due after this step. */
export function mayAcknowledge(run: Run, step: number): Refusal | undefined {
  const { state } = run
  if (state.kind === 'open' && state.waitsFor === 'acknowledgement' && state.step === step) return undefined
  const done = recordOf(run, step).acknowledged !== undefined
  return refuse(
    'nothing-to-acknowledge',
    done ? `Step ${step} is acknowledged already.` : `No validation point waits after step ${step}.`,
    "Look at the run's next actions.",
  )
}
