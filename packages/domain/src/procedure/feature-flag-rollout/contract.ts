/**
 * The contract of the procedure: the eleven lines of its validation list (P-V1, P-V2) and the ten of
 * its definition of done (P-DoD), each with what it is computed from.
 */
import type { ContractLine, Need } from '../model.ts'

const check = (id: string): Need => ({ kind: 'check', check: id })
const step = (number: number): Need => ({ kind: 'step', step: number })

export const VALIDATION: readonly ContractLine[] = [
  {
    id: 'flags-work',
    title: 'Feature flags work correctly (enable and disable, percentage, targeting)',
    needs: [check('P-S2-4')],
  },
  {
    id: 'flags-in-environments',
    title: 'Feature flags tested in different environments',
    needs: [check('P-S2-9')],
  },
  { id: 'plan-complete', title: 'Rollout plan complete and appropriate', needs: [step(3), check('P-S3-5')] },
  {
    id: 'monitoring-tested',
    title: 'Monitoring and alerting configured and tested',
    needs: [check('P-S4-3'), check('P-S4-6'), check('P-S4-7')],
  },
  {
    id: 'rollback-tested',
    title: 'Rollback procedures defined and tested (if possible)',
    needs: [step(5), check('P-S5-6')],
  },
  { id: 'technical-review', title: 'Technical review', needs: [{ kind: 'reviews', group: 'technical' }] },
  { id: 'operations-review', title: 'Operations review', needs: [{ kind: 'reviews', group: 'operations' }] },
  { id: 'business-review', title: 'Business review', needs: [{ kind: 'reviews', group: 'business' }] },
  { id: 'flag-system', title: 'Feature flag system accessible', needs: [check('P-V3')] },
  {
    id: 'dashboards',
    title: 'Monitoring dashboards accessible',
    needs: [check('P-S4-2'), check('P-S4-7')],
  },
  { id: 'alert-rules', title: 'Alerting rules configured', needs: [check('P-S4-3')] },
]

export const DONE: readonly ContractLine[] = [
  { id: 'strategy', title: 'Feature flag strategy defined', needs: [step(1)] },
  {
    id: 'flags-configured',
    title: 'Feature flags implemented and configured',
    needs: [step(2), check('P-S2-1'), check('P-S2-2'), check('P-S2-3')],
  },
  {
    id: 'flags-tested',
    title: 'Feature flags tested and verified',
    needs: ['P-S2-4', 'P-S2-5', 'P-S2-6', 'P-S2-8', 'P-S2-9'].map(check),
  },
  { id: 'plan', title: 'Rollout plan created (stages, criteria, timeline)', needs: [step(3)] },
  { id: 'monitoring', title: 'Monitoring and alerting configured for the rollout', needs: [step(4)] },
  { id: 'rollback', title: 'Rollback procedures defined', needs: [step(5)] },
  { id: 'documents', title: 'Feature flag and rollout documentation complete', needs: [step(6)] },
  { id: 'reviews', title: 'All reviews completed', needs: [{ kind: 'reviews' }] },
  { id: 'approvals', title: 'All approvals obtained', needs: [{ kind: 'approvals' }] },
  { id: 'ready', title: 'Ready for deployment', needs: [{ kind: 'completed' }] },
]
