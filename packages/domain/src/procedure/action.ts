/**
 * What a No-Go asks to be done (P-E11): items with owners and a due time, made from the step's
 * failure handling. The next attempt is not decided before they are closed; people who are consulted
 * leave their answer as evidence, and what is verified must be right by then.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { holders, mustBePerson } from './can.ts'
import type { Consulted, FailureAction, StepDefinition } from './model.ts'
import { workingDaysLater } from './policy.ts'
import type { ActionItem, Actor, Run, Setting, StepRecord } from './run.ts'
import { authorsOf } from './stale.ts'
import { onStep } from './standing.ts'

export interface ActionClosed {
  readonly kind: 'action-closed'
  readonly action: string
  /** What was done; for people who were consulted, what they say. */
  readonly note: string
  /** Hash of the stored answer of those who were consulted. */
  readonly evidence?: string
  readonly by: Actor
}

/** An item with where it comes from. */
export interface PlacedAction {
  readonly step: number
  readonly attempt: number
  readonly item: ActionItem
}

/** The items of a No-Go. */
export function itemsFor(
  setting: Setting,
  run: Run,
  step: StepDefinition,
  refused: { readonly attempt: number; readonly by: string; readonly at: Date },
): readonly ActionItem[] {
  const parts = setting.definition.parts.filter((it) => it.step === step.number).map((it) => it.id)
  const authors = authorsOf(run, parts)
  const deciders =
    step.decision.by === 'person' ? step.decision.roles : setting.definition.approvals.map((it) => it.role)
  const owners = authors.length > 0 ? authors : holders(setting, deciders)
  const due = workingDaysLater(setting.policy, refused.at, setting.policy.actionDueDays)
  return step.failure.actions.map((action, index): ActionItem => {
    const id = `s${step.number}-a${refused.attempt}-${index + 1}`
    return { id, title: action.title, owners, due, ...particularsOf(setting, action, refused.by) }
  })
}

/** Every item of a run, oldest first. */
export function actionsOf(run: Run): readonly PlacedAction[] {
  return run.steps.flatMap((step) =>
    step.attempts.flatMap((attempt) =>
      attempt.failureActions.map((item) => ({ step: step.number, attempt: attempt.number, item })),
    ),
  )
}

/** The items that are not closed, of a step. */
export function openActions(record: StepRecord): readonly ActionItem[] {
  return record.attempts.flatMap((it) => it.failureActions).filter((it) => it.closed === undefined)
}

/** The refusal of a Go while items are open; undefined where none is. */
export function whyActionsOpen(record: StepRecord): Refusal | undefined {
  const open = openActions(record)
  return open.length === 0
    ? undefined
    : refuse(
        'actions-open',
        `The No-Go of step ${record.number} asked for what is not closed: ${open.map((it) => `${it.id} (${it.title})`).join(', ')}.`,
        'Do it, and close each with what was done.',
      )
}

/** Closes an item; what is to be verified must be right at this moment. */
export function closeAction(run: Run, event: ActionClosed, now: Date): Run | Refusal {
  const { action, note, evidence, by } = event
  const no = mustBePerson(by, 'Closing an action')
  if (no !== undefined) return no
  const placed = actionsOf(run).find((it) => it.item.id === action)
  if (placed === undefined) {
    return refuse('not-found', `There is no action ${action}.`, 'Look at the actions of the run.')
  }
  const { item } = placed
  if (item.closed !== undefined) {
    return refuse(
      'closed-already',
      `${action} was closed by ${item.closed.by}.`,
      "Look at the run's next actions.",
    )
  }
  const failing = (item.inputs ?? []).filter((id) => run.inputs[id]?.verdict.ok !== true)
  if (failing.length > 0) {
    const findings = failing.map(
      (id) => `${id} fails: ${run.inputs[id]?.verdict.findings.join('; ') ?? 'it is missing'}`,
    )
    return refuse('still-failing', findings.join(' · '), 'Put it right, then close the action.')
  }
  const closed = { by: by.id, at: now, note, ...(evidence === undefined ? {} : { evidence }) }
  return onStep(run, placed.step, (record) => ({
    ...record,
    attempts: record.attempts.map((attempt) => ({
      ...attempt,
      failureActions: attempt.failureActions.map((it) => (it.id === action ? { ...it, closed } : it)),
    })),
  }))
}

function particularsOf(
  setting: Setting,
  action: FailureAction,
  refuser: string,
): Pick<ActionItem, 'kind' | 'asked' | 'inputs'> {
  switch (action.kind) {
    case 'do':
      return { kind: 'do' }
    case 'consult':
      return { kind: 'consult', asked: askedOf(setting, action.whom, refuser) }
    case 'verify':
      return { kind: 'verify', inputs: action.inputs }
  }
}

/** Names and groups to ask. Where a project names no experts or stakeholders, those who know most of it. */
function askedOf(setting: Setting, whom: Consulted, refuser: string): readonly string[] {
  const { policy, stakeholders } = setting
  switch (whom) {
    case 'experts':
      return policy.experts.length > 0 ? policy.experts : holders(setting, ['technical-lead'])
    case 'stakeholders':
      return stakeholders.length > 0 ? stakeholders : holders(setting, ['product-owner'])
    case 'operations':
      return holders(setting, ['operations-lead'])
    case 'refuser':
      return [refuser]
  }
}
