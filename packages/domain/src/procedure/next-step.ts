/**
 * What blocks the step at which a run stands, and what may be done there next.
 */
import { openActions } from './action.ts'
import { standing, subjectsOf } from './approval.ts'
import { approvers, holders } from './can.ts'
import { blocking, emptyFields } from './checks.ts'
import type { CheckStanding } from './checks.ts'
import type { StepDefinition } from './model.ts'
import type { Blocker, NextAct, Position } from './position.ts'
import type { ActionItem, Run, Setting } from './run.ts'
import { lastStep, presentAttempt, recordOf, stepOf } from './standing.ts'
import { openThreads } from './thread.ts'

/** A run that stands at a step to be decided. */
export function atStep(setting: Setting, run: Run, number: number): Position {
  const step = stepOf(setting.definition, number)
  if (step.decision.by === 'approvals') return inReview(setting, run, step)
  const record = recordOf(run, number)
  const { decisions, number: attempt } = presentAttempt(record)
  const left = step.decision.roles.filter((role) => !decisions.some((it) => it.role === role))
  const who = holders(setting, left)
  const fields = emptyFields(step, record)
  const open = blocking(step, record, []).filter((it) => it.state !== 'unknown' || it.result !== undefined)
  const toAttest = open.filter((it) => it.state === 'not_in_this_version')
  const actions = openActions(record)
  const toTry = exercisesOf(blocking(step, record, []))
  const blockers: readonly Blocker[] = [
    ...actions.map((it) => actionBlocker(number, it)),
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
      ...actions.map((it) => actionAct(number, it)),
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
      ...toTry.map(([exercise, checks]) => ({
        act: 'exercise' as const,
        title: `Try out what ${checks.join(', ')} ${checks.length === 1 ? 'asks' : 'ask'} for`,
        who: [],
        step: number,
        about: exercise,
      })),
      { act: 'run-checks', title: `Run the checks of step ${number}`, who: [], step: number },
      { act: 'decide-step', title: `Decide step ${number}: ${step.decision.question}`, who, step: number },
    ],
  }
}

/** What has to be tried out, and the ids of the checks that wait for it. */
function exercisesOf(open: readonly CheckStanding[]): readonly (readonly [string, readonly string[]])[] {
  const waiting = open.flatMap(({ check }) =>
    check.exercise === undefined ? [] : [{ id: check.id, exercise: check.exercise }],
  )
  return [...Map.groupBy(waiting, (it) => it.exercise)].map(([exercise, checks]) => [
    exercise,
    checks.map((it) => it.id),
  ])
}

function inReview(setting: Setting, run: Run, step: StepDefinition): Position {
  const subjects = subjectsOf(setting.definition, run).filter((it) => it.state !== 'reviewed')
  const record = recordOf(run, step.number)
  const open = blocking(step, record, []).filter((it) => it.state === 'not_in_this_version')
  const who = approvers(setting)
  const actions = openActions(record)
  const threads = openThreads(run)
  return {
    waitsFor: 'review',
    step: step.number,
    status: `Step ${step.number} of ${setting.definition.steps.length}, ${step.title}: ${subjects.length === 0 ? 'ready to ask for the approvals' : `${subjects.length} subjects to review`}.`,
    blockers: [
      ...actions.map((it) => actionBlocker(step.number, it)),
      ...threads.map((it) => ({
        code: 'comment-open',
        message: `${it.id} on ${it.group}/${it.subject} is not resolved: ${it.comments.at(-1)?.text ?? ''}`,
        remedy: 'Answer it, and have it resolved by whoever opened it or by the group.',
        who: [],
        step: step.number,
      })),
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
      ...actions.map((it) => actionAct(step.number, it)),
      ...threads.map((it) => ({
        act: 'resolve-comment' as const,
        title: `Resolve ${it.id}, on ${it.group}/${it.subject}`,
        who: [],
        step: step.number,
        about: it.id,
      })),
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
      ...(subjects.length === 0 && open.length === 0 && actions.length === 0 && threads.length === 0
        ? [{ act: 'request-approval' as const, title: 'Ask for the approvals', who: [], step: step.number }]
        : []),
    ],
  }
}

function actionBlocker(step: number, { id, title, owners, due }: ActionItem): Blocker {
  return {
    code: 'action-open',
    message: `The No-Go asked for ${id}: ${title} Due ${due.toISOString()}.`,
    remedy: 'Do it, and close it with what was done.',
    who: owners,
    step,
  }
}

function actionAct(step: number, { id, title, owners }: ActionItem): NextAct {
  return { act: 'close-action', title: `Close ${id}: ${title}`, who: owners, step, about: id }
}

/** A run that waits for approvals. */
export function awaiting(setting: Setting, run: Run): Position {
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
