/**
 * Who changed a flag while a rollout owns its exposure, and what: read from the audit chain, so
 * that the rollout can say it and leave the edit alone.
 */
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { Json } from '@flagmarshal/domain/audit/canonical'

import { chainOf } from '../audit/chain.ts'
import type { StoredFlag } from '../flag/serve-rollout-rule.ts'
import type { Queries } from '../storage/database.ts'
import { selectLastFlagEdit } from '../storage/rollout-surroundings.ts'
import type { StoredRollout } from '../storage/rollouts.ts'

/** Members that change with every edit and say nothing of it. */
const NOISE = new Set(['revision', 'environmentRevision', 'updatedAt', 'updatedBy'])

/** Who changed what, and the revision that came of it. */
export interface OutsideEdit {
  readonly by: string
  readonly what: string
  readonly revision: number
}

/** The edit that the rollout has not accepted; undefined where the flag is as it left or accepted it. */
export async function outsideEdit(
  queries: Queries,
  stored: StoredRollout,
  flag: StoredFlag,
): Promise<OutsideEdit | undefined> {
  if (stored.flagRevision === undefined || flag.environmentRevision === stored.flagRevision) return undefined
  const chain = chainOf({ project: stored.project })
  const edit = await selectLastFlagEdit(queries, chain, stored)
  const revision = flag.environmentRevision
  if (edit === undefined) return { by: flag.updatedBy, what: 'the flag', revision }
  return { by: edit.by, what: changedMembers(edit.before, edit.after), revision }
}

function changedMembers(before: unknown, after: unknown): string {
  const [was, is] = [membersOf(before), membersOf(after)]
  const names = new Set([...Object.keys(was), ...Object.keys(is)])
  const changed = [...names].filter(
    (name) => !NOISE.has(name) && canonical(was[name] ?? null) !== canonical(is[name] ?? null),
  )
  return changed.length === 0 ? 'the flag' : changed.join(', ')
}

/** The audit chain holds JSON only. */
function membersOf(value: unknown): Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, Json>) : {}
}
