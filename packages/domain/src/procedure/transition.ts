/**
 * The one way from a run to the next: `transition(setting, run, event, now)`.
 *
 * Each event has its rule; whatever it changes, the state is derived anew from the record at the
 * end. Acts that their state does not allow are refused before anything else is looked at.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { isRefusal } from '../refusal.ts'
import { approve, requestApproval, reviewSubject } from './approval.ts'
import type { ApprovalRequested, Approved, SubjectReviewed } from './approval.ts'
import {
  heldRoles,
  mayAcknowledge,
  mayGiveEvidence,
  mayNow,
  mayWorkOn,
  mustBePerson,
  roleNeeded,
} from './can.ts'
import type { Act } from './can.ts'
import { standingOf } from './checks.ts'
import { decide } from './decision.ts'
import type { Decided } from './decision.ts'
import { observeInputs, provideInput } from './inputs.ts'
import type { InputProvided, InputsObserved } from './inputs.ts'
import type {
  Actor,
  Attestation,
  CheckResult,
  InputVerdict,
  JsonObject,
  Run,
  Setting,
  StepRecord,
  TriggerFact,
} from './run.ts'
import { changedParts, renewed, spread, withAuthor } from './stale.ts'
import { lastStep, presentAttempt, recordOf, stateOf, stepOf } from './standing.ts'
import { reviewWorkPlan, writeWorkPlan } from './work-plan.ts'
import type { WorkPlanReviewed, WorkPlanWritten } from './work-plan.ts'

/** Everything that can happen to a run. */
export type RunEvent =
  | TriggerRecorded
  | InputProvided
  | InputsObserved
  | WorkPlanWritten
  | WorkPlanReviewed
  | {
      readonly kind: 'output-written'
      readonly step: number
      readonly output: JsonObject
      readonly by: Actor
    }
  | { readonly kind: 'checks-run'; readonly step: number; readonly checks: readonly CheckResult[] }
  | (Attestation & {
      readonly kind: 'check-attested'
      readonly step: number
      readonly check: string
      readonly evidence: string
      readonly by: Actor
    })
  | {
      readonly kind: 'check-set-aside'
      readonly step: number
      readonly check: string
      readonly reason: string
      readonly by: Actor
    }
  | Decided
  | { readonly kind: 'acknowledged'; readonly step: number; readonly by: Actor }
  | SubjectReviewed
  | ApprovalRequested
  | Approved
  | Observed
  | { readonly kind: 'scheduled'; readonly start?: Date; readonly by: Actor }
  | {
      readonly kind: 'aborted'
      readonly cause: string
      readonly lessons: string
      readonly by: Actor
      readonly exposed: boolean
    }

/** A later trigger fact, with what the inputs that were given amount to once it is known. */
export interface TriggerRecorded {
  readonly kind: 'trigger-recorded'
  readonly fact: TriggerFact
  readonly verdicts: Readonly<Record<string, InputVerdict>>
}

/** What a step rests on outside the run, seen now. */
export interface Observed {
  readonly kind: 'observed'
  readonly step: number
  readonly hash: string
  /** Who changed it, where that is known. */
  readonly by?: string
}

const ACTS: Readonly<Partial<Record<RunEvent['kind'], Act>>> = {
  'trigger-recorded': 'record-trigger',
  'input-provided': 'provide-input',
  'work-plan-written': 'write-work-plan',
  'work-plan-reviewed': 'review-work-plan',
  'output-written': 'write-step',
  'checks-run': 'run-checks',
  'check-attested': 'give-evidence',
  'check-set-aside': 'give-evidence',
  decided: 'decide-step',
  acknowledged: 'acknowledge',
  'subject-reviewed': 'review-subject',
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
  return { ...next, state: stateOf(setting.definition, next) }
}

function apply(setting: Setting, run: Run, event: RunEvent, now: Date): Run | Refusal {
  switch (event.kind) {
    case 'trigger-recorded':
      return recordTrigger(run, event)
    case 'input-provided':
      return provideInput(setting, run, event, now)
    case 'inputs-observed':
      return observeInputs(setting, run, event, now)
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
    case 'acknowledged':
      return acknowledge(setting, run, event, now)
    case 'subject-reviewed':
      return reviewSubject(setting, run, event, now)
    case 'approval-requested':
      return requestApproval(setting, run, event, now)
    case 'approved':
      return approve(setting, run, event, now)
    case 'observed':
      return observe(setting, run, event, now)
    case 'scheduled':
      return schedule(setting, run, event, now)
    case 'aborted':
      return abort(setting, run, event, now)
  }
}

type EventOf<K extends RunEvent['kind']> = Extract<RunEvent, { readonly kind: K }>

function recordTrigger(run: Run, { fact, verdicts }: TriggerRecorded): Run {
  const judged = Object.entries(run.inputs).map(([id, given]) => {
    const verdict = verdicts[id]
    return [id, verdict === undefined ? given : { ...given, verdict }] as const
  })
  return { ...run, triggers: [...run.triggers, fact], inputs: Object.fromEntries(judged) }
}

function writeOutput(setting: Setting, run: Run, event: EventOf<'output-written'>, now: Date): Run | Refusal {
  const { definition } = setting
  const { step, output, by } = event
  const no = mayWorkOn(setting, run, step)
  if (no !== undefined) return no
  if (stepOf(definition, step) === lastStep(definition)) {
    return refuse('computed', `Step ${step} has no output to write.`, 'It is made of reviews and approvals.')
  }
  const parts = changedParts(definition, step, recordOf(run, step).output, output)
  if (parts.length === 0) return run
  const written = onStep(run, step, (it) => renewed(it, output))
  const why = `the output of step ${step} (${stepOf(definition, step).title}) was changed by ${by.id}`
  return spread(definition, withAuthor(written, parts, by.id), { step, why }, now)
}

function attest(setting: Setting, run: Run, event: EventOf<'check-attested'>, now: Date): Run | Refusal {
  const { step, check, statement, reference, evidence, by } = event
  const known = stepOf(setting.definition, step).checks.find((it) => it.id === check)
  if (known === undefined) return unknownCheck(setting, step, check)
  const no = mayGiveEvidence(setting, run, step) ?? mustBePerson(by, 'An attestation')
  if (no !== undefined) return no
  if (known.availability === 'available') {
    return refuse(
      'checked-by-machine',
      `${check} is checked by the system and cannot be attested.`,
      'Run the checks; a failed one can be overridden at the decision.',
      '/check',
    )
  }
  return onStep(run, step, (it) => ({
    ...it,
    attested: [...it.attested, { check, statement, reference, by: by.id, at: now, evidence }],
  }))
}

function setAside(setting: Setting, run: Run, event: EventOf<'check-set-aside'>, now: Date): Run | Refusal {
  const { step, check, reason, by } = event
  const definition = stepOf(setting.definition, step)
  const known = definition.checks.find((it) => it.id === check)
  if (known === undefined) return unknownCheck(setting, step, check)
  const no = mayGiveEvidence(setting, run, step) ?? mustBePerson(by, 'Setting a check aside')
  if (no !== undefined) return no
  if (!known.mayBeNotApplicable) {
    return refuse(
      'always-applies',
      `${check} always applies.`,
      'Attest it, put it right, or override it at the decision.',
      '/check',
    )
  }
  const roles =
    definition.decision.by === 'person'
      ? definition.decision.roles
      : setting.definition.approvals.map((it) => it.role)
  if (heldRoles(setting, by, roles).length === 0) return roleNeeded(setting, roles, `Setting ${check} aside`)
  return onStep(run, step, (it) => ({
    ...it,
    notApplicable: [...it.notApplicable, { check, reason, by: by.id, at: now }],
  }))
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

/** A change outside the run: the step that rests on it is about something else now. */
function observe(setting: Setting, run: Run, event: Observed, now: Date): Run {
  const { definition } = setting
  const before = run.observed[String(event.step)]
  if (before === event.hash || run.abort !== undefined) return run
  const seen: Run = { ...run, observed: { ...run.observed, [String(event.step)]: event.hash } }
  if (before === undefined) return seen
  const { observes } = stepOf(definition, event.step)
  const why = `${observes ?? 'what it rests on'} was changed${event.by === undefined ? '' : ` by ${event.by}`}`
  const touched = onStep(seen, event.step, (it) => renewed(it, it.output))
  const parts = definition.parts
    .filter((it) => it.step === event.step && it.fields === undefined)
    .map((it) => it.id)
  const authored = event.by === undefined ? touched : withAuthor(touched, parts, event.by)
  return spread(definition, authored, { step: event.step, why }, now)
}

function schedule(setting: Setting, run: Run, event: EventOf<'scheduled'>, now: Date): Run | Refusal {
  const roles = setting.definition.approvals.map((it) => it.role)
  if (heldRoles(setting, event.by, roles).length === 0) return roleNeeded(setting, roles, 'Scheduling')
  if (event.start !== undefined && event.start < now) {
    return refuse(
      'start-is-past',
      `${event.start.toISOString()} is past.`,
      `Choose a start after ${now.toISOString()}.`,
      '/start',
    )
  }
  const last = lastStep(setting.definition)
  const open = standingOf(last, recordOf(run, last.number)).filter(
    (it) => it.check.forExit === true && !it.settled,
  )
  if (open.length > 0) {
    return refuse(
      'exit-open',
      `Not done yet: ${open.map((it) => `${it.check.id} (${it.check.title})`).join(', ')}.`,
      'Attest it with a statement and a reference, or set it aside where that is allowed.',
    )
  }
  const start = event.start === undefined ? {} : { start: event.start }
  return { ...run, schedule: { ...start, by: event.by.id, at: now } }
}

function abort(setting: Setting, run: Run, event: EventOf<'aborted'>, now: Date): Run | Refusal {
  const roles = setting.definition.approvals.map((it) => it.role)
  const no = mustBePerson(event.by, 'An abort')
  if (no !== undefined) return no
  if (heldRoles(setting, event.by, roles).length === 0) return roleNeeded(setting, roles, 'Aborting')
  if (event.exposed) {
    return refuse('exposed', 'Users are exposed to the feature.', 'Roll the rollout back first; then abort.')
  }
  const { cause, lessons, by } = event
  return { ...run, abort: { cause, lessons, by: by.id, at: now } }
}

function unknownCheck(setting: Setting, step: number, check: string): Refusal {
  const known = stepOf(setting.definition, step).checks.map((it) => it.id)
  return refuse(
    'check-unknown',
    `Step ${step} has no check ${check}.`,
    `Use one of ${known.join(', ')}.`,
    '/check',
  )
}

function onStep(run: Run, step: number, change: (record: StepRecord) => StepRecord): Run {
  return { ...run, steps: run.steps.map((it) => (it.number === step ? change(it) : it)) }
}
