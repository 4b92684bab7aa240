/**
 * The feature-flag rollout procedure as data. The source is the procedure's document; each step,
 * check and input keeps the id under which it is traced. What this version does not check by itself
 * is in here too, marked so, and needs a person's word in its place.
 */
import { SIGNAL_TYPES } from '../signal/signal.ts'
import { define } from './define.ts'
import { DONE, VALIDATION } from './feature-flag-rollout/contract.ts'
import { INPUTS } from './feature-flag-rollout/inputs.ts'
import { FLAGS, PLAN, STRATEGY } from './feature-flag-rollout/steps-1-3.ts'
import { APPROVAL, DOCUMENTS_STEP, MONITORING, ROLLBACK } from './feature-flag-rollout/steps-4-7.ts'
import type { ProcedureDefinition } from './model.ts'

export const featureFlagRollout: ProcedureDefinition = define({
  id: 'feature-flag-rollout',
  version: 1,
  name: 'Feature Flag / Rollout',
  status: 'active',
  owner: 'Feature Development Team',
  source: {
    document: 'feature-flag-rollout-procedure.md',
    sha256: '083b1e44feae5729854d253eec6cd2b2c7d8a38c6154d5e2f75ce03984e239c4',
  },
  related: ['Rollback Procedure'],
  inputs: INPUTS,
  steps: [STRATEGY, FLAGS, PLAN, MONITORING, ROLLBACK, DOCUMENTS_STEP, APPROVAL],
  validationPoints: [
    { id: 'after-flags', title: 'After the flag configuration', after: 2 },
    { id: 'after-plan', title: 'After the rollout plan', after: 3 },
    { id: 'before-approval', title: 'Before the approval', after: 6 },
  ],
  parts: [
    { id: 'strategy', step: 1 },
    { id: 'flags', step: 2 },
    { id: 'plan', step: 3 },
    {
      id: 'timeline-and-audience',
      step: 3,
      fields: ['timeline', 'plan.stages', 'plan.observeWindows', 'plan.environment', 'audienceShares'],
    },
    { id: 'expectations', step: 3, fields: ['expectations', 'review'] },
    { id: 'monitoring', step: 4 },
    { id: 'rollback', step: 5 },
    { id: 'documents', step: 6 },
  ],
  reviews: [
    {
      id: 'technical',
      roles: ['developer', 'technical-lead'],
      subjects: [
        { id: 'strategy', title: 'strategy', parts: ['strategy'] },
        { id: 'flags', title: 'flag configuration', parts: ['flags'] },
      ],
    },
    {
      id: 'operations',
      roles: ['operations-lead'],
      subjects: [
        { id: 'stages', title: 'stages and timeline', parts: ['plan'] },
        { id: 'monitoring', title: 'monitoring and alerting', parts: ['monitoring'] },
        { id: 'rollback', title: 'rollback', parts: ['rollback'] },
      ],
    },
    {
      id: 'business',
      roles: ['product-owner'],
      subjects: [
        { id: 'stages', title: 'stages and timeline', parts: ['timeline-and-audience'] },
        { id: 'impact', title: 'user impact', parts: ['expectations'] },
      ],
    },
  ],
  approvals: [
    { role: 'technical-lead', signs: 'the flag implementation', parts: ['strategy', 'flags'] },
    {
      role: 'operations-lead',
      signs: 'the rollout plan and its monitoring',
      parts: ['plan', 'monitoring', 'rollback'],
    },
    {
      role: 'product-owner',
      signs: 'the timeline and the approach',
      timeline: true,
      parts: ['timeline-and-audience'],
    },
  ],
  milestones: [
    { id: 'flags-ready', title: 'Feature flags ready', when: { step: 2 }, signal: SIGNAL_TYPES.flagsReady },
    {
      id: 'monitoring-configured',
      title: 'Monitoring configured',
      when: { step: 4 },
      signal: SIGNAL_TYPES.monitoringConfigured,
    },
    {
      id: 'plan-approved',
      title: 'Rollout plan approved',
      when: 'approved',
      signal: SIGNAL_TYPES.planApproved,
    },
  ],
  outputs: [
    'flag strategy',
    'flag configuration',
    'rollout plan',
    'monitoring and alerting configuration',
    'rollback procedures',
    'documentation',
  ],
  validation: VALIDATION,
  done: DONE,
  exitStates: [
    {
      id: 'completed',
      title: 'Completed',
      means: 'Flags tested, plan approved, monitoring and rollback ready, rollout scheduled.',
    },
    {
      id: 'blocked',
      title: 'Blocked',
      means: 'Approvals or parts of the configuration are missing; the three roles are told.',
      status: 'Feature flags or rollout plan incomplete, waiting for approvals',
    },
    {
      id: 'aborted',
      title: 'Aborted',
      means: 'The feature was cancelled or is deployed otherwise; what was learned is kept.',
    },
  ],
  ownWork: 'refused',
})
