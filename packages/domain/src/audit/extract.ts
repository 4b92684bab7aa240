/**
 * Extracts of the audit chain that can be asked for by name (P-A3): which entries of a run and its
 * flag each kind holds.
 */
import type { Json } from './canonical.ts'
import type { Entry } from './entry.ts'

export const EXTRACTS = ['strategy', 'plan', 'approvals', 'flags'] as const
export type Extract = (typeof EXTRACTS)[number]

const STRATEGY_STEP = 1
const PLAN_STEP = 3

/** Whether an entry belongs to an extract. */
export function isIn(kind: Extract, entry: Entry): boolean {
  switch (kind) {
    case 'strategy':
      return isOfStep(entry, STRATEGY_STEP)
    case 'plan':
      return isOfStep(entry, PLAN_STEP) || entry.action === 'run.schedule'
    case 'approvals':
      return ['run.request-approval', 'run.approve'].includes(entry.action) || voids(entry)
    case 'flags':
      return entry.subject.kind === 'flag'
  }
}

function isOfStep({ action, after }: Entry, step: number): boolean {
  return action.startsWith('run.') && member(member(after, 'content'), 'step') === step
}

/** Approvals, or the request for them, did not survive the act. */
function voids({ before, after }: Entry): boolean {
  const [was, is] = [before, after].map((it) => member(member(it, 'state'), 'kind'))
  const had = was === 'awaiting_approval' || was === 'approved' || was === 'completed'
  return had && is !== 'awaiting_approval' && is !== 'approved' && is !== 'completed'
}

function member(value: Json, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.entries(value).find(([key]) => key === name)?.[1] ?? null
}
