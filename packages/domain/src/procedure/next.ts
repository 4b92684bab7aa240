/**
 * Where a run stands, in words. Derived from the record each time, never stored.
 */
import { approvers, holders } from './can.ts'
import type { InputDefinition } from './model.ts'
import { atStep, awaiting } from './next-step.ts'
import type { Blocker, NextAct, Position } from './position.ts'
import type { Run, Setting } from './run.ts'
import { lackingInputs, lastStep, planReviewed } from './standing.ts'

/** Where a run stands. */
export function positionOf(setting: Setting, run: Run): Position {
  const position = standingAt(setting, run)
  const changed = setting.definition.inputs.filter(
    (it) => it.offersAbort === true && run.inputs[it.id]?.changed === true,
  )
  if (run.state.kind === 'aborted' || changed.length === 0) return position
  const offers = changed.map(({ id, title }): NextAct => {
    return {
      act: 'abort',
      title: `Abort, where this changes everything: ${id} (${title})`,
      who: approvers(setting),
    }
  })
  return { ...position, next: [...position.next, ...offers] }
}

function standingAt(setting: Setting, run: Run): Position {
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
      ...inputActs(setting, inputs),
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
    next: inputActs(setting, inputs),
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

/** Giving the inputs that somebody can give: what the system observes by itself is only a blocker. */
function inputActs(setting: Setting, inputs: readonly InputDefinition[]): readonly NextAct[] {
  return inputs
    .filter((it) => it.how !== 'automatic')
    .map(({ id, title, providedBy }) => ({
      act: 'provide-input',
      title: `Give ${id}: ${title}`,
      who: providedBy === undefined ? [] : holders(setting, [providedBy]),
      about: id,
      ...(providedBy === undefined ? {} : { role: providedBy }),
    }))
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
