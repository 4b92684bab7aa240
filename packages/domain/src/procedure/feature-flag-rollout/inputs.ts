/**
 * The required inputs (P-I1 … P-I12), the way to each one (P-R1 … P-R12), and what makes one count.
 */
import type { InputDefinition } from '../model.ts'
import type { Attestation, InputVerdict, JsonObject, TriggerFact } from '../run.ts'
import type { FlagRolloutFacts } from './facts.ts'

export const INPUTS: readonly InputDefinition[] = [
  {
    id: 'P-I1',
    title: 'Requirements document',
    how: 'reference',
    dueBefore: 1,
    remediation: {
      id: 'P-R1',
      path: 'Get the requirements from the Requirements & Scope Procedure.',
      role: 'product-owner',
    },
  },
  {
    id: 'P-I2',
    title: 'Implementation code, by layer',
    how: 'reference',
    dueBefore: 1,
    remediation: {
      id: 'P-R5',
      path: 'Wait for the implementation procedure of the missing layer: backend, frontend or middleware.',
      role: 'technical-lead',
    },
  },
  {
    id: 'P-I3',
    title: 'Test results of QA',
    how: 'structured',
    dueBefore: 1,
    remediation: { id: 'P-R2', path: 'Wait until the QA procedures are done.', role: 'technical-lead' },
  },
  {
    id: 'P-I4',
    title: 'Observability: logging, metrics, alerting',
    how: 'reference',
    dueBefore: 1,
    remediation: {
      id: 'P-R3',
      path: 'Wait for the Observability Instrumentation Procedure.',
      role: 'operations-lead',
    },
  },
  {
    id: 'P-I5',
    title: 'Operational runbooks',
    how: 'reference',
    dueBefore: 1,
    remediation: {
      id: 'P-R6',
      path: 'Wait for the Documentation & Runbook Procedure.',
      role: 'operations-lead',
    },
  },
  {
    id: 'P-I6',
    title: 'Decision: ready for deployment',
    how: 'reference',
    dueBefore: 1,
    remediation: {
      id: 'P-R7',
      path: 'Wait for QA and for the Acceptance & Signoff Procedure, until every criterion is met.',
      role: 'product-owner',
    },
  },
  {
    id: 'P-I7',
    title: 'Decision: deployment approach',
    offersAbort: true,
    how: 'structured',
    dueBefore: 1,
    remediation: { id: 'P-R8', path: 'The Technical Lead decides it.', role: 'technical-lead' },
  },
  {
    id: 'P-I8',
    title: 'Flag system available and configured',
    how: 'automatic',
    dueBefore: 1,
    remediation: {
      id: 'P-R4',
      path: 'Set the flag system up: environments and at least one server key. An alternative approach is not in this version.',
      role: 'technical-lead',
    },
  },
  {
    id: 'P-I9',
    title: 'Rollout requirement: gradual or immediate',
    how: 'structured',
    dueBefore: 1,
    remediation: { id: 'P-R9', path: 'The Product Owner states it, with the reason.', role: 'product-owner' },
  },
  {
    id: 'P-I10',
    title: 'Risk tolerance',
    how: 'structured',
    dueBefore: 1,
    remediation: {
      id: 'P-R10',
      path: 'Product Owner and Operations Lead state it. Usual at medium risk: errors up by at most 100 %, slow requests by 100 %.',
      role: 'product-owner',
    },
  },
  {
    id: 'P-I11',
    title: 'Monitoring available',
    how: 'structured',
    dueBefore: 1,
    providedBy: 'operations-lead',
    remediation: {
      id: 'P-R11',
      path: 'The Operations Lead accepts the built-in telemetry in writing. Connecting another source is not in this version.',
      role: 'operations-lead',
    },
  },
  {
    id: 'P-I12',
    title: 'Deployment documentation, with the previous version',
    how: 'reference',
    dueBefore: 5,
    remediation: { id: 'P-R12', path: 'Get it from the owner of the deployment.', role: 'technical-lead' },
  },
]

/** Whether a given value counts. Its shape has been checked already; this is about what it says. */
export function judgeInput(
  input: InputDefinition,
  value: JsonObject,
  attestation: Attestation | undefined,
  triggers: readonly TriggerFact[],
): InputVerdict {
  const findings = [...findingsOn(input.id, value, triggers)]
  const attested = input.how === 'reference'
  if (attested && attestation === undefined) {
    findings.push(`this version cannot look it up: attest ${input.id} with a statement and a reference`)
  }
  return { ok: findings.length === 0, checked: attested ? 'attested' : 'machine', findings }
}

/** What the system sees of the inputs that nobody gives. */
export function observeInputs(facts: FlagRolloutFacts): Readonly<Record<string, InputVerdict>> {
  const findings = [
    ...(facts.environments.length === 0 ? ['the project has no environment'] : []),
    ...(facts.serverKeys === 0 ? ['no application can connect: the project has no server key'] : []),
  ]
  return { 'P-I8': { ok: findings.length === 0, checked: 'machine', findings } }
}

function findingsOn(id: string, value: JsonObject, triggers: readonly TriggerFact[]): readonly string[] {
  switch (id) {
    case 'P-I3':
      return testFindings(value)
    case 'P-I4':
      return ['logging', 'metrics', 'alerting']
        .filter((it) => value[it] === undefined)
        .map((it) => `${it} has no reference`)
    case 'P-I6':
      return [...criteriaFindings(value), ...acceptanceFindings(triggers)]
    default:
      return []
  }
}

function testFindings(value: JsonObject): readonly string[] {
  const [total, passed, failed, skipped] = ['total', 'passed', 'failed', 'skipped'].map((it) =>
    Number(value[it] ?? 0),
  )
  const sum = (passed ?? 0) + (failed ?? 0) + (skipped ?? 0)
  return [
    ...(total === 0 ? ['no test was run'] : []),
    ...(failed === 0 ? [] : [`${failed} of ${total} tests failed`]),
    ...(sum === total ? [] : [`${total} tests do not add up to ${sum} results`]),
  ]
}

function criteriaFindings({ criteria }: JsonObject): readonly string[] {
  if (!Array.isArray(criteria)) return []
  return criteria.flatMap((it) =>
    typeof it === 'object' && it !== null && 'met' in it && it.met === false
      ? [`not met: ${String(it.criterion)}`]
      : [],
  )
}

/** An acceptance that is going on keeps the feature from being ready, whoever says that it is (P-T2). */
function acceptanceFindings(triggers: readonly TriggerFact[]): readonly string[] {
  const latest = triggers.filter((it) => it.kind === 'acceptance').at(-1)
  return latest?.state === 'in_progress' ? [`the acceptance is in progress, says ${latest.source}`] : []
}
