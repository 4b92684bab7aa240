/**
 * A person's word: in place of a check that this version lacks, or for a check not applying (P-E12).
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { heldRoles, mayGiveEvidence, mustBePerson, roleNeeded } from './can.ts'
import type { Actor, Attestation, Run, Setting } from './run.ts'
import { onStep, stepOf } from './standing.ts'

export interface CheckAttested extends Attestation {
  readonly kind: 'check-attested'
  readonly step: number
  readonly check: string
  /** Hash of the stored attestation. */
  readonly evidence: string
  readonly by: Actor
}

export interface CheckSetAside {
  readonly kind: 'check-set-aside'
  readonly step: number
  readonly check: string
  readonly reason: string
  readonly by: Actor
}

/** Takes a person's word for a check that this version lacks. */
export function attest(setting: Setting, run: Run, event: CheckAttested, now: Date): Run | Refusal {
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

/** Sets a check aside that does not apply; only those that may be, and only by the step's deciders. */
export function setAside(setting: Setting, run: Run, event: CheckSetAside, now: Date): Run | Refusal {
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

function unknownCheck(setting: Setting, step: number, check: string): Refusal {
  const known = stepOf(setting.definition, step).checks.map((it) => it.id)
  return refuse(
    'check-unknown',
    `Step ${step} has no check ${check}.`,
    `Use one of ${known.join(', ')}.`,
    '/check',
  )
}
