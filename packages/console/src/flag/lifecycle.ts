/** Where a flag is in its life, as far as its record shows. */
import type { Answer } from '../query.ts'

export type Flag = Answer<'listFlags'>['items'][number]

/** `gone`: it should be gone, by its end or by a run that was aborted. */
export type Stage = 'new' | 'live' | 'permanent' | 'stale' | 'gone'

/** Days without a change after which a flag that decides nothing is stale. */
export const STALE_DAYS = 14
const DAY_MS = 86_400_000

/** The stage of a flag; `debts` names those that the server says should be gone. */
export function stageOf(flag: Flag, debts: ReadonlySet<string>, now: number): Stage {
  if (debts.has(flag.key)) return 'gone'
  if (flag.permanentReason !== undefined) return 'permanent'
  const changed = Math.max(
    ...[flag.createdAt, ...flag.environments.map((it) => it.updatedAt)].map(Date.parse),
  )
  const old = now - changed > STALE_DAYS * DAY_MS
  if (old && flag.environments.every(decidesNothing)) return 'stale'
  return flag.environments.some((it) => it.enabled) ? 'live' : 'new'
}

/** Everybody there gets the same: off, or no rule and one variant. */
function decidesNothing({ enabled, rules, fallthrough }: Flag['environments'][number]): boolean {
  return !enabled || (rules.length === 0 && 'variant' in fallthrough)
}
