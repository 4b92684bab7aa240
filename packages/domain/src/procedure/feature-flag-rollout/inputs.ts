/**
 * The required inputs as data (P-I1 … P-I12), with the way to each one (P-R1 … P-R13).
 */
import type { InputDefinition } from '../model.ts'

/** Checks that need our own evaluation: made by people where another flag system is used (P-R13). */
const OWN_EVALUATION: readonly string[] = [
  'P-S2-1',
  'P-S2-3',
  'P-S2-4',
  'P-S2-5',
  'P-S2-8',
  'P-S2-9',
  'P-S4-12',
  'P-S5-2',
  'P-V3',
]

export const INPUTS: readonly InputDefinition[] = [
  {
    id: 'P-I1',
    title: 'Requirements document',
    how: 'reference',
    dueBefore: 1,
    overriddenBy: 'technical-lead',
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
    overriddenBy: 'technical-lead',
    remediation: {
      id: 'P-R5',
      path: 'Wait for the implementation procedure of the missing layer: backend, frontend or middleware.',
      role: 'technical-lead',
      dueInDays: 10,
    },
  },
  {
    id: 'P-I3',
    title: 'Test results of QA',
    how: 'reference',
    dueBefore: 1,
    overriddenBy: 'technical-lead',
    remediation: {
      id: 'P-R2',
      path: 'Wait until the QA procedures are done.',
      role: 'technical-lead',
    },
  },
  {
    id: 'P-I4',
    title: 'Observability: logging, metrics, alerting',
    how: 'reference',
    dueBefore: 1,
    overriddenBy: 'technical-lead',
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
    overriddenBy: 'technical-lead',
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
    attested: true,
    overriddenBy: 'technical-lead',
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
    remediation: {
      id: 'P-R8',
      path: 'The Technical Lead decides it.',
      role: 'technical-lead',
      dueInDays: 2,
    },
  },
  {
    id: 'P-I8',
    title: 'Flag system available and configured',
    how: 'automatic',
    dueBefore: 1,
    alternative: { recordedBy: 'technical-lead', manualChecks: OWN_EVALUATION },
    remediation: {
      id: 'P-R4',
      path: 'Set the flag system up: environments and at least one server key. Or the Technical Lead records what is used instead, and how it is turned off (P-R13).',
      role: 'technical-lead',
    },
  },
  {
    id: 'P-I9',
    title: 'Rollout requirement: gradual or immediate',
    how: 'structured',
    dueBefore: 1,
    remediation: {
      id: 'P-R9',
      path: 'The Product Owner states it, with the reason.',
      role: 'product-owner',
      dueInDays: 2,
    },
  },
  {
    id: 'P-I10',
    title: 'Risk tolerance',
    how: 'structured',
    dueBefore: 1,
    remediation: {
      id: 'P-R10',
      path: 'Product Owner and Operations Lead state it. Usual at low, medium, high risk: errors up by at most 200, 100, 50 %, slow requests by 200, 100, 50 %, 20,000, 5,000, 1,000 users before a person looks.',
      role: 'product-owner',
      dueInDays: 2,
    },
  },
  {
    id: 'P-I11',
    title: 'Monitoring available',
    how: 'structured',
    dueBefore: 1,
    providedBy: 'operations-lead',
    overriddenBy: 'technical-lead',
    remediation: {
      id: 'P-R11',
      path: 'The Operations Lead connects a source (a connection) or accepts the built-in telemetry in writing.',
      role: 'operations-lead',
    },
  },
  {
    id: 'P-I12',
    title: 'Deployment documentation, with the previous version',
    how: 'reference',
    dueBefore: 5,
    overriddenBy: 'technical-lead',
    remediation: {
      id: 'P-R12',
      path: 'Get it from the owner of the deployment.',
      role: 'technical-lead',
      dueInDays: 10,
    },
  },
]
