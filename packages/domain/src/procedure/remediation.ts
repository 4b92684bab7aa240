/**
 * Getting an input that is missing or fails: who does it, by when, and telling them (P-I-HALT).
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { SIGNAL_TYPES } from '../signal/signal.ts'
import type { Signal } from '../signal/signal.ts'
import { approvers, holders, mustBePerson, roleNeeded } from './can.ts'
import type { InputDefinition } from './model.ts'
import { workingDaysLater } from './policy.ts'
import type { Actor, Run, Setting } from './run.ts'
import { lackedNow } from './standing.ts'

const USUAL_DAYS = 5

/** Who gets an input, and by when. */
export interface RemediationItem {
  readonly owners: readonly string[]
  readonly dueAt: Date
}

export interface RemediationAgreed {
  readonly kind: 'remediation-agreed'
  readonly input: string
  readonly owner: string
  readonly dueAt: Date
  readonly by: Actor
}

/** The remediation of an input: as agreed, else the holders of its role within its usual time. */
export function remediationOf(
  setting: Setting,
  run: Run,
  { id, remediation }: InputDefinition,
): RemediationItem {
  const agreed = run.remediations?.[id]
  if (agreed !== undefined) return { owners: [agreed.owner], dueAt: agreed.dueAt }
  const given = run.inputs[id]
  const days = setting.policy.remediationDueDays ?? remediation.dueInDays ?? USUAL_DAYS
  const since = given?.since ?? given?.at ?? run.startedAt
  return {
    owners: holders(setting, [remediation.role]),
    dueAt: workingDaysLater(setting.policy, since, days),
  }
}

/** Names somebody else, or another day. Any approver or present owner may. */
export function agreeRemediation(
  setting: Setting,
  run: Run,
  { input: id, owner, dueAt, by }: RemediationAgreed,
  now: Date,
): Run | Refusal {
  const input = setting.definition.inputs.find((it) => it.id === id)
  if (input === undefined) return refuse('not-found', `There is no input ${id}.`, 'Name one of the inputs.')
  const no = mustBePerson(by, 'Agreeing on a remediation')
  if (no !== undefined) return no
  const may = [...approvers(setting), ...remediationOf(setting, run, input).owners]
  if (!may.includes(by.id)) {
    const roles = setting.definition.approvals.map((it) => it.role)
    return roleNeeded(setting, roles, `Agreeing on the remediation of ${id}`)
  }
  if (dueAt <= now) return refuse('due-in-the-past', 'The due date is past.', 'Give a later one.', '/dueAt')
  return { ...run, remediations: { ...run.remediations, [id]: { owner, dueAt, by: by.id, at: now } } }
}

/** Tells of the inputs that a run has come to lack; `before` is absent when the run begins. */
export function missingSignals(setting: Setting, before: Run | undefined, after: Run): readonly Signal[] {
  const known = before === undefined ? [] : lackedNow(setting.definition, before).map((it) => it.id)
  const news = lackedNow(setting.definition, after).filter((it) => !known.includes(it.id))
  if (news.length === 0) return []
  const inputs = news.map((input) => {
    const { owners, dueAt } = remediationOf(setting, after, input)
    return {
      input: input.id,
      title: input.title,
      findings: after.inputs[input.id]?.verdict.findings ?? [],
      remediation: input.remediation.id,
      path: input.remediation.path,
      owners,
      dueAt: dueAt.toISOString(),
    }
  })
  const { project, feature } = setting
  const correlationId = after.correlationId ?? null
  const data = { project, feature, run: after.id, correlationId, inputs }
  return [{ type: SIGNAL_TYPES.inputMissing, subject: `features/${feature}`, data }]
}
