/**
 * The beginning of a run: a draft that has its work plan proposed and every step before it.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import type { Actor, ProvidedInput, Run, Setting, TriggerFact } from './run.ts'
import { stateOf } from './standing.ts'
import { draftWorkPlan } from './work-plan.ts'

export interface Start {
  readonly id: string
  readonly triggers: readonly TriggerFact[]
  readonly correlationId?: string
  /** What the system knows at once. */
  readonly inputs?: Readonly<Record<string, ProvidedInput>>
  readonly by: Actor
}

/** A new run in state `draft`. Only an active definition starts one. */
export function startRun(setting: Setting, start: Start, now: Date): Run | Refusal {
  const { definition } = setting
  if (definition.status !== 'active') {
    return refuse(
      'procedure-inactive',
      `Procedure ${definition.id} is ${definition.status}.`,
      'Start a run of an active procedure.',
    )
  }
  const { id, triggers, correlationId, by } = start
  const first = {
    number: 1,
    openedAt: now,
    because: 'first' as const,
    why: 'the run began',
    decisions: [],
    failureActions: [],
  }
  // A procedure without approvals does not wait for the review of a plan either.
  const review = { verdict: 'approved' as const, comments: '', by: 'system', at: now }
  const planned = definition.approvals.length === 0 ? { review } : {}
  const run: Run = {
    id,
    procedure: { id: definition.id, version: definition.version },
    state: { kind: 'draft' },
    revision: 1,
    startedAt: now,
    startedBy: by.id,
    triggers,
    inputs: start.inputs ?? {},
    workPlan: { content: draftWorkPlan(definition), revision: 1, authors: [by.id], ...planned },
    steps: definition.steps.map(({ number }) => ({
      number,
      output: {},
      revision: 1,
      checks: [],
      attested: [],
      notApplicable: [],
      attempts: [first],
    })),
    authors: {},
    observed: {},
    reviews: [],
    threads: [],
    approvals: [],
    ...(correlationId === undefined ? {} : { correlationId }),
  }
  return { ...run, state: stateOf(definition, run) }
}
