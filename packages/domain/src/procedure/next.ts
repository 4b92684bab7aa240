/**
 * Where a run stands, in words: what it waits for, what blocks it and who can clear that, and the
 * acts that are possible next. Derived from the record each time, never stored.
 */
import type { Role } from '../access/permission.ts'
import { standing, subjectsOf } from './approval.ts'
import type { Act } from './can.ts'
import { holders } from './can.ts'
import { blocking, emptyFields } from './checks.ts'
import type { InputDefinition, StepDefinition } from './model.ts'
import type { Run, Setting } from './run.ts'
import { lackingInputs, lastStep, planReviewed, presentAttempt, recordOf, stepOf } from './standing.ts'

export type WaitsFor =
  | 'inputs'
  | 'work-plan'
  | 'decision'
  | 'acknowledgement'
  | 'review'
  | 'approval'
  | 'schedule'
  | 'nothing'

/** Something that is missing, and who can give it. */
export interface Blocker {
  readonly code: string
  readonly message: string
  readonly remedy: string
  /** Empty: anybody who may write. */
  readonly who: readonly string[]
  readonly role?: Role
  readonly step?: number
}

/** An act that is possible now. */
export interface NextAct {
  readonly act: Act
  readonly title: string
  readonly who: readonly string[]
  readonly role?: Role
  readonly step?: number
  /** The input, check, or review subject that it is about. */
  readonly about?: string
}

export interface Position {
  readonly waitsFor: WaitsFor
  readonly step?: number
  /** One sentence. */
  readonly status: string
  readonly blockers: readonly Blocker[]
  readonly next: readonly NextAct[]
}

/** Where a run stands. */
export function positionOf(setting: Setting, run: Run): Position {
  const { state } = run
  switch (state.kind) {
    case 'aborted':
      return ended(`Aborted: ${run.abort?.cause ?? ''}.`)
    case 'completed':
      return ended('Completed: approved and scheduled.')
    case 'approved':
      return toSchedule(setting)
    case 'draft':
      return inDraft(setting, run)
    case 'halted':
      return halted(setting, run, state.step)
    case 'awaiting_approval':
      return awaiting(setting, run)
    case 'open':
      return state.waitsFor === 'acknowledgement'
        ? toAcknowledge(setting, state.step)
        : atStep(setting, run, state.step)
    case 'reopened':
      return planReviewed(run) ? atStep(setting, run, state.step) : inDraft(setting, run)
  }
}

function ended(status: string): Position {
  return { waitsFor: 'nothing', status, blockers: [], next: [] }
}

function toSchedule(setting: Setting): Position {
  const who = approvers(setting)
  return {
    waitsFor: 'schedule',
    step: lastStep(setting.definition).number,
    status: 'Approved. The rollout can be scheduled.',
    blockers: [],
    next: [{ act: 'schedule', title: 'Schedule the rollout', who }],
  }
}

function inDraft(setting: Setting, run: Run): Position {
  const { authors, review } = run.workPlan
  const rejected = review?.verdict === 'rejected'
  const blocker: Blocker = {
    code: rejected ? 'work-plan-rejected' : 'work-plan-unreviewed',
    message: rejected
      ? `The work plan was rejected by ${review.by}: ${review.comments}`
      : 'The work plan has not been reviewed.',
    remedy: rejected ? 'Write it anew.' : `Have it reviewed by somebody other than ${authors.join(' and ')}.`,
    who: rejected ? authors : approvers(setting).filter((it) => !authors.includes(it)),
  }
  const inputs = lackingInputs(setting.definition, run, 1)
  return {
    waitsFor: 'work-plan',
    status: 'Draft: the work plan must be reviewed before step 1 opens.',
    blockers: [blocker, ...inputs.map((it) => inputBlocker(setting, run, it))],
    next: [
      ...(rejected
        ? []
        : [{ act: 'review-work-plan' as const, title: 'Review the work plan', who: blocker.who }]),
      { act: 'write-work-plan', title: 'Write the work plan', who: authors },
      ...inputs.map((it) => inputAct(setting, it)),
    ],
  }
}

function halted(setting: Setting, run: Run, step: number): Position {
  const inputs = lackingInputs(setting.definition, run, step)
  return {
    waitsFor: 'inputs',
    step,
    status: `Halted before step ${step}: ${inputs.map((it) => it.id).join(', ')} missing or failing.`,
    blockers: inputs.map((it) => inputBlocker(setting, run, it)),
    next: inputs.map((it) => inputAct(setting, it)),
  }
}

function inputBlocker(setting: Setting, run: Run, input: InputDefinition): Blocker {
  const findings = run.inputs[input.id]?.verdict.findings ?? []
  const users = setting.definition.steps.filter((it) => it.inputs.includes(input.id)).map((it) => it.number)
  const used = users.length === 0 ? '' : ` Needed by step ${users.join(', ')}.`
  return {
    code: findings.length === 0 ? 'input-missing' : 'input-failing',
    message: `${input.id} (${input.title}) ${findings.length === 0 ? 'is missing' : `fails: ${findings.join('; ')}`}.${used}`,
    remedy: `${input.remediation.id}: ${input.remediation.path}`,
    who: holders(setting, [input.remediation.role]),
    role: input.remediation.role,
  }
}

function inputAct(setting: Setting, input: InputDefinition): NextAct {
  const who = input.providedBy === undefined ? [] : holders(setting, [input.providedBy])
  const role = input.providedBy === undefined ? {} : { role: input.providedBy }
  return { act: 'provide-input', title: `Give ${input.id}: ${input.title}`, who, about: input.id, ...role }
}

function toAcknowledge(setting: Setting, step: number): Position {
  const point = setting.definition.validationPoints.find((it) => it.after === step)
  const title = point?.title ?? `after step ${step}`
  const who = approvers(setting)
  return {
    waitsFor: 'acknowledgement',
    step,
    status: `Waiting at a validation point: ${title}.`,
    blockers: [
      {
        code: 'validation-point',
        message: `The validation point "${title}" has not been acknowledged.`,
        remedy: 'Look at what is there and acknowledge it.',
        who,
        step,
      },
    ],
    next: [{ act: 'acknowledge', title: `Acknowledge: ${title}`, who, step }],
  }
}

function atStep(setting: Setting, run: Run, number: number): Position {
  const step = stepOf(setting.definition, number)
  if (step.decision.by === 'approvals') return inReview(setting, run, step)
  const record = recordOf(run, number)
  const { decisions, number: attempt } = presentAttempt(record)
  const left = step.decision.roles.filter((role) => !decisions.some((it) => it.role === role))
  const who = holders(setting, left)
  const fields = emptyFields(step, record)
  const open = blocking(step, record, []).filter((it) => it.state !== 'unknown' || it.result !== undefined)
  const toAttest = open.filter((it) => it.state === 'not_in_this_version')
  const blockers: readonly Blocker[] = [
    ...fields.map((field) => ({
      code: 'output-incomplete',
      message: `The output of step ${number} lacks ${field}.`,
      remedy: 'Write it.',
      who: [],
      step: number,
    })),
    ...toAttest.map(({ check }) => ({
      code: 'evidence-needed',
      message: `${check.id} (${check.title}) is not checked in this version.`,
      remedy: `Attest ${check.id} with a statement and a reference.`,
      who: [],
      step: number,
    })),
    ...open
      .filter((it) => !toAttest.includes(it))
      .map(({ check, state, result }) => ({
        code: `check-${state}`,
        message: `${check.id} (${check.title}) is ${state}: ${result?.findings.join('; ') ?? ''}`,
        remedy: 'Put it right, or override it with a reason at the decision.',
        who,
        step: number,
      })),
    {
      code: 'decision-missing',
      message: `Step ${number} (${step.title}) is not decided: ${step.decision.question}`,
      remedy: `Decide it, as ${left.join(step.decision.all ? ' and ' : ' or ')}.`,
      who,
      step: number,
    },
  ]
  return {
    waitsFor: 'decision',
    step: number,
    status: `Step ${number} of ${setting.definition.steps.length}, ${step.title}, attempt ${attempt}.`,
    blockers,
    next: [
      ...(fields.length > 0
        ? [{ act: 'write-step' as const, title: `Write the output of step ${number}`, who: [], step: number }]
        : []),
      ...toAttest.map(({ check }) => ({
        act: 'give-evidence' as const,
        title: `Attest ${check.id}: ${check.title}`,
        who: [],
        step: number,
        about: check.id,
      })),
      { act: 'run-checks', title: `Run the checks of step ${number}`, who: [], step: number },
      { act: 'decide-step', title: `Decide step ${number}: ${step.decision.question}`, who, step: number },
    ],
  }
}

function inReview(setting: Setting, run: Run, step: StepDefinition): Position {
  const subjects = subjectsOf(setting.definition, run).filter((it) => it.state !== 'reviewed')
  const record = recordOf(run, step.number)
  const open = blocking(step, record, []).filter((it) => it.state === 'not_in_this_version')
  const who = approvers(setting)
  return {
    waitsFor: 'review',
    step: step.number,
    status: `Step ${step.number} of ${setting.definition.steps.length}, ${step.title}: ${subjects.length === 0 ? 'ready to ask for the approvals' : `${subjects.length} subjects to review`}.`,
    blockers: [
      ...subjects.map((it) => ({
        code: it.state === 'open' ? 'review-missing' : 'changes-requested',
        message:
          it.state === 'open'
            ? `${it.group}: ${it.title} has not been reviewed.`
            : `${it.group}: ${it.review?.by} asks for changes to ${it.title}: ${it.review?.comment}`,
        remedy: 'Review it; by somebody of the group who is not its author.',
        who: [],
        step: step.number,
      })),
      {
        code: 'approval-not-requested',
        message: 'The approvals have not been asked for.',
        remedy: 'Ask for them.',
        who,
        step: step.number,
      },
    ],
    next: [
      ...subjects.map((it) => ({
        act: 'review-subject' as const,
        title: `Review ${it.group}: ${it.title}`,
        who: [],
        step: step.number,
        about: `${it.group}/${it.subject}`,
      })),
      ...open.map(({ check }) => ({
        act: 'give-evidence' as const,
        title: `Attest ${check.id}: ${check.title}`,
        who: [],
        step: step.number,
        about: check.id,
      })),
      ...(subjects.length === 0 && open.length === 0
        ? [{ act: 'request-approval' as const, title: 'Ask for the approvals', who: [], step: step.number }]
        : []),
    ],
  }
}

function awaiting(setting: Setting, run: Run): Position {
  const given = standing(run)
  const left = setting.definition.approvals.filter((it) => !given.some((one) => one.role === it.role))
  const step = lastStep(setting.definition).number
  return {
    waitsFor: 'approval',
    step,
    status: `Waiting for ${left.length} of ${setting.definition.approvals.length} approvals.`,
    blockers: left.map(({ role, signs }) => ({
      code: 'approval-missing',
      message: `The ${role} has not approved ${signs}.`,
      remedy: `Look at the bundle and approve its hash ${run.request?.bundleHash ?? ''}.`,
      who: holders(setting, [role]),
      role,
      step,
    })),
    next: left.map(({ role, signs }) => ({
      act: 'approve' as const,
      title: `Approve ${signs} as ${role}`,
      who: holders(setting, [role]),
      role,
      step,
      about: role,
    })),
  }
}

function approvers(setting: Setting): readonly string[] {
  return holders(
    setting,
    setting.definition.approvals.map((it) => it.role),
  )
}
