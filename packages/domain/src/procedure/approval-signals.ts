/**
 * What the approvals have to tell the world: that they are asked for, given, or no longer worth
 * anything.
 */
import type { Json } from '../audit/canonical.ts'
import { SIGNAL_TYPES } from '../signal/signal.ts'
import type { Approval, Run, Setting } from './run.ts'

/** A signal without what all signals of a run share. */
export interface ApprovalSignal {
  readonly type: string
  readonly data: { readonly [name: string]: Json }
}

/** The signals of a transition, in the order in which things happened. */
export function approvalSignals(setting: Setting, before: Run, after: Run): readonly ApprovalSignal[] {
  const given = after.approvals.filter((it) => it.voided === undefined && !has(before, it))
  const stale = after.approvals.filter((it) => it.voided !== undefined && stood(before, it))
  return [
    ...stale.map(({ role, by, bundleHash, voided }) => ({
      type: SIGNAL_TYPES.approvalStale,
      data: { role, by, bundleHash, because: voided?.because ?? '' },
    })),
    ...asked(setting, before, after),
    ...given.map(({ role, by, bundleHash, comment }) => ({
      type: SIGNAL_TYPES.approvalGranted,
      data: { role, by, bundleHash, comment: comment ?? null },
    })),
  ]
}

/** Each role with the people who may give its approval. */
function asked({ definition, people }: Setting, before: Run, after: Run): readonly ApprovalSignal[] {
  const { request } = after
  if (request === undefined || request.at.getTime() === before.request?.at.getTime()) return []
  const from = definition.approvals.map(({ role, signs }) => ({
    role,
    signs,
    people: [...(people[role] ?? [])],
  }))
  return [
    { type: SIGNAL_TYPES.approvalRequested, data: { bundleHash: request.bundleHash, by: request.by, from } },
  ]
}

function has(run: Run, approval: Approval): boolean {
  return run.approvals.some((it) => isSame(it, approval))
}

function stood(run: Run, approval: Approval): boolean {
  return run.approvals.some((it) => isSame(it, approval) && it.voided === undefined)
}

function isSame(one: Approval, other: Approval): boolean {
  return one.role === other.role && one.by === other.by && one.at.getTime() === other.at.getTime()
}
