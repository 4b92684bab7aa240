import type { Role } from '../access/permission.ts'
import { proofKept, whyUnproven } from '../access/proof.ts'
/**
 * Go and No-Go of a step (P-E1 … P-E3, P-E9, P-E10).
 *
 * The checks were run at this very moment and come with the event; the decision is refused where
 * one of them still blocks, where a required field is empty, or where the wrong person decides.
 */
import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { itemsFor, whyActionsOpen } from './action.ts'
import { heldRoles, holders, mayDecide, mustBePerson, roleNeeded } from './can.ts'
import { blocking, emptyFields, mayBeOverridden, standingOf } from './checks.ts'
import type { StepDefinition } from './model.ts'
import type { Actor, Attempt, CheckResult, Override, Run, Setting, StepDecision, StepRecord } from './run.ts'
import { authorsOf, reopen, voidApprovals } from './stale.ts'
import { presentAttempt, recordOf, stepOf } from './standing.ts'

export interface Decided {
  readonly kind: 'decided'
  readonly step: number
  readonly decision: 'go' | 'no-go'
  readonly rationale: string
  /** A Go because the step does not apply; the rationale says why. */
  readonly notApplicable?: true
  readonly overrides: readonly Override[]
  readonly unchangedBecause?: string
  /** Results of the step's available checks, run for this decision. */
  readonly checks: readonly CheckResult[]
  readonly by: Actor
}

/** The run after a decision, or why it cannot be made. */
export function decide(setting: Setting, run: Run, event: Decided, now: Date): Run | Refusal {
  const step = stepOf(setting.definition, event.step)
  const no = mayDecide(setting, run, event.step) ?? mustBePerson(event.by, 'A decision')
  if (no !== undefined) return no
  if (step.decision.by === 'approvals') return refuseApproval(setting, run, event, now)

  const role = decidingRole(setting, run, step, event.by)
  if (typeof role !== 'string') return role
  const record = { ...recordOf(run, event.step), checks: event.checks }
  const own = ownWork(setting, run, event)
  const { signatures } = setting.policy
  if (event.decision === 'go') {
    const closed =
      whyUnproven(signatures, event.by.proof, now) ??
      own ??
      whyActionsOpen(record) ??
      (event.notApplicable === true ? mustApply(step) : whyNotGo(step, record, event))
    if (closed !== undefined) return closed
  } else if (event.overrides.length > 0) {
    return refuse(
      'override-without-go',
      'A No-Go overrides nothing.',
      'Leave the overrides out.',
      '/overrides',
    )
  }
  const relaxed =
    setting.definition.ownWork === 'refused' && decidesOwnWork(setting, run, event)
      ? setting.policy.tooFewPeople?.reason
      : undefined
  const decision = {
    ...asDecision(role, record, event, now),
    ...(relaxed === undefined ? {} : { relaxed }),
    ...proofKept(signatures, event.by.proof),
  }
  return store(
    run,
    event.decision === 'go' ? go(step, record, decision, event) : noGo(setting, run, record, decision),
  )
}

/** The role in which somebody decides a step now: one of the deciders', not decided by anybody yet. */
export function decidingRole(setting: Setting, run: Run, step: StepDefinition, actor: Actor): Role | Refusal {
  if (step.decision.by !== 'person')
    return refuse('computed', 'The approvals decide this step.', 'Ask for the approvals.')
  const { roles } = step.decision
  const held = heldRoles(setting, actor, roles)
  if (held.length === 0) return roleNeeded(setting, roles, `Deciding step ${step.number}`)
  const { decisions } = presentAttempt(recordOf(run, step.number))
  if (decisions.some((it) => it.by === actor.id)) {
    return refuse(
      'decided-already',
      `${actor.id} has decided step ${step.number} already.`,
      'Wait for the other role.',
    )
  }
  const [role] = held.filter((it) => !decisions.some((one) => one.role === it))
  return (
    role ??
    refuse(
      'decided-already',
      `Your role has decided step ${step.number} already.`,
      `Wait for ${holders(setting, roles).join(' or ')}.`,
    )
  )
}

function ownWork(setting: Setting, run: Run, event: Decided): Refusal | undefined {
  if (setting.definition.ownWork === 'allowed' || !decidesOwnWork(setting, run, event)) return undefined
  if (setting.policy.tooFewPeople !== undefined) return undefined
  return refuse(
    'own-work',
    `${event.by.id} alone wrote the output of step ${event.step} and cannot decide it.`,
    'Let somebody else who holds the role decide, or let somebody else work on the output.',
  )
}

/** The refusal of "not applicable" for a step that always applies (P-E12). */
function mustApply(step: StepDefinition): Refusal | undefined {
  return step.mayBeNotApplicable === true
    ? undefined
    : refuse('always-applies', `Step ${step.number} (${step.title}) always applies.`, 'Do it, and decide it.')
}

/** Whether the decider is the only author of what is decided. */
function decidesOwnWork({ definition }: Setting, run: Run, event: Decided): boolean {
  const parts = definition.parts.filter((it) => it.step === event.step).map((it) => it.id)
  const authors = authorsOf(run, parts)
  return authors.length === 1 && authors[0] === event.by.id
}

function whyNotGo(step: StepDefinition, record: StepRecord, event: Decided): Refusal | undefined {
  const [field] = emptyFields(step, record)
  if (field !== undefined) {
    return refuse(
      'output-incomplete',
      `The output of step ${step.number} lacks ${emptyFields(step, record).join(', ')}.`,
      `Write ${field} into the output of step ${step.number}.`,
    )
  }
  const standings = standingOf(step, record)
  for (const override of event.overrides) {
    const standing = standings.find((it) => it.check.id === override.check)
    if (standing === undefined || !mayBeOverridden(standing)) {
      return refuse(
        'nothing-to-override',
        `${override.check} has not failed in step ${step.number}.`,
        standing?.state === 'not_in_this_version' ? 'Attest it instead.' : 'Leave this override out.',
        '/overrides',
      )
    }
  }
  const [open] = blocking(step, record, event.overrides)
  if (open !== undefined) {
    const all = blocking(step, record, event.overrides)
    return refuse(
      'checks-open',
      all
        .map((it) => `${it.check.id} is ${it.state}: ${it.result?.findings.join('; ') || it.check.title}`)
        .join(' · '),
      remedyFor(open.state, open.check.id),
    )
  }
  return unchanged(record, event)
}

function remedyFor(state: string, check: string): string {
  return state === 'not_in_this_version'
    ? `Attest ${check} with a statement and a reference.`
    : `Put right what ${check} found, or override it with a reason.`
}

/** After a No-Go the output must be another one, or somebody says why it is not (P-E11). */
function unchanged(record: StepRecord, event: Decided): Refusal | undefined {
  const refused = record.attempts.findLast((it) => it.outcome === 'no-go')
  const present = presentAttempt(record)
  if (refused === undefined || present.because !== 'no-go' || event.unchangedBecause !== undefined)
    return undefined
  if (canonical(refused.output) !== canonical(record.output)) return undefined
  return refuse(
    'output-unchanged',
    `The output is the one that attempt ${refused.number} was refused for.`,
    'Change it, or say in unchangedBecause why it is right after all.',
    '/unchangedBecause',
  )
}

function asDecision(role: Role, record: StepRecord, event: Decided, now: Date): StepDecision {
  const { decision, rationale, overrides, unchangedBecause, by } = event
  const evidence = [...record.checks, ...record.attested].map((it) => it.evidence)
  return {
    role,
    decision,
    by: by.id,
    at: now,
    rationale,
    overrides,
    evidence: [...new Set(evidence)].toSorted(),
    ...(unchangedBecause === undefined ? {} : { unchangedBecause }),
  }
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
function go(
  step: StepDefinition,
  record: StepRecord,
  decision: StepDecision,
  { notApplicable, rationale }: Decided,
): StepRecord {
  const decisions = [...presentAttempt(record).decisions, decision]
  const done =
    step.decision.by === 'person' &&
    (!step.decision.all || step.decision.roles.every((role) => decisions.some((it) => it.role === role)))
  const aside = done && notApplicable === true ? { notApplicable: rationale } : {}
  return withAttempt(record, { decisions, ...(done ? closed(record, 'go') : {}), ...aside })
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
function noGo(setting: Setting, run: Run, record: StepRecord, decision: StepDecision): StepRecord {
  const step = stepOf(setting.definition, record.number)
  const { by, at } = decision
  const { number: attempt } = presentAttempt(record)
  const decisions = [...presentAttempt(record).decisions, decision]
  const over = withAttempt(record, {
    decisions,
    ...closed(record, 'no-go'),
    failureActions: itemsFor(setting, run, step, { attempt, by, at }),
  })
  return reopen(over, 'no-go', decision.rationale, at)
}

/** A No-Go of the last step: one of the approvers sends it back. A Go is given by the approvals alone. */
function refuseApproval(setting: Setting, run: Run, event: Decided, now: Date): Run | Refusal {
  if (event.decision === 'go') {
    return refuse(
      'decided-by-approvals',
      `Step ${event.step} is Go once every role has approved.`,
      'Ask for the approvals, and approve.',
    )
  }
  const roles = setting.definition.approvals.map((it) => it.role)
  const [role] = heldRoles(setting, event.by, roles)
  if (role === undefined) return roleNeeded(setting, roles, 'Refusing the approval')
  const record = recordOf(run, event.step)
  const decision = asDecision(role, record, event, now)
  const open = voidApprovals(
    setting.definition,
    run,
    `${event.by.id} did not approve: ${event.rationale}`,
    now,
  )
  return store(open, noGo(setting, run, record, decision))
}

function closed(
  record: StepRecord,
  outcome: 'go' | 'no-go',
): Pick<Attempt, 'output' | 'revision'> & { outcome: typeof outcome } {
  return { outcome, output: record.output, revision: record.revision }
}

function withAttempt(record: StepRecord, change: Partial<Attempt>): StepRecord {
  return { ...record, attempts: [...record.attempts.slice(0, -1), { ...presentAttempt(record), ...change }] }
}

function store(run: Run, record: StepRecord): Run {
  return { ...run, steps: run.steps.map((it) => (it.number === record.number ? record : it)) }
}
