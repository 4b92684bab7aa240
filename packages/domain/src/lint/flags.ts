/** What the rules say of flags and plans, from what the server knows (R003 to R005, R007 to R010, R012). */
import type { FlagKind } from '@flagmarshal/evaluation'

import type { Criterion } from '../analysis/model.ts'
import { QUIET_DAYS } from '../flag/lifecycle.ts'
import type { FlagUse } from '../flag/lifecycle.ts'
import { broken } from './rules.ts'
import type { LintFinding } from './rules.ts'

/** A flag that is not archived. */
export interface LintedFlag {
  readonly key: string
  readonly kind: FlagKind
  readonly owner: string
  readonly expiresAt?: Date
  readonly use: FlagUse
  /** The flags that it asks for, in whichever environment. */
  readonly asksFor: readonly string[]
}

/** The plan of a feature's newest run. */
export interface LintedPlan {
  readonly feature: string
  readonly flag: string
  readonly criteria: readonly Criterion[]
  /** Whether the strategy has a way back; absent where it does not say. */
  readonly rollback?: boolean
  /** Criteria of which nothing was counted in the last 7 days. */
  readonly silent: readonly string[]
}

export interface LintFacts {
  readonly flags: readonly LintedFlag[]
  readonly plans: readonly LintedPlan[]
}

const DAY_MS = 86_400_000

/** What stands where somebody had to write something. */
const NOBODY = /^\W*(?:none|nobody|no one|unknown|unowned|n\/?a|tbd|todo|fixme|\?)?\W*$/i

/** Every rule that is broken at `now`, by flag and feature. */
export function lintFlags({ flags, plans }: LintFacts, now: Date): readonly LintFinding[] {
  const asks = new Map(flags.map((it) => [it.key, it.asksFor]))
  return [
    ...flags.flatMap((it) => [
      ...lintOwner(it),
      ...lintAge(it, now),
      ...lintUse(it, now),
      ...lintPrerequisites(it.key, asks),
    ]),
    ...plans.flatMap((it) => [...lintPlan(it), ...lintKind(it, flags)]),
  ]
}

function lintOwner({ key, owner }: LintedFlag): readonly LintFinding[] {
  return NOBODY.test(owner) ? [broken('R003', key, `${key} has no owner but "${owner}".`)] : []
}

function lintAge({ key, expiresAt, use }: LintedFlag, now: Date): readonly LintFinding[] {
  if (use.permanent) return []
  const expired = expiresAt !== undefined && expiresAt < now
  const on = use.environments.filter((it) => it.enabled)
  const days = Math.floor((now.getTime() - use.changedAt.getTime()) / DAY_MS)
  const stale = on.length > 0 && on.every((it) => !it.decides) && days >= QUIET_DAYS
  return [
    ...(expired || use.debt !== undefined
      ? [broken('R004', key, `${key} is past its end: ${use.debt ?? `since ${day(expiresAt ?? now)}`}.`)]
      : []),
    ...(stale ? [broken('R005', key, `${key} has served everybody the same for ${days} days.`)] : []),
  ]
}

function lintUse({ key, use }: LintedFlag, now: Date): readonly LintFinding[] {
  const { lastEvaluatedAt: last, references } = use
  if (references !== 0 || last === undefined || now.getTime() - last.getTime() > QUIET_DAYS * DAY_MS)
    return []
  return [broken('R007', key, `No known code asks ${key}, and it was evaluated at ${last.toISOString()}.`)]
}

/** A chain of three is nested; one that comes back is circular, and an error. */
function lintPrerequisites(
  key: string,
  asks: ReadonlyMap<string, readonly string[]>,
): readonly LintFinding[] {
  for (const first of asks.get(key) ?? [])
    for (const second of asks.get(first) ?? []) {
      const way = [key, first, second].join(' → ')
      return reaches(first, key, asks)
        ? [
            broken('R010', key, `${key} asks for itself: ${way}${second === key ? '' : ' → …'}.`, {
              level: 'error',
            }),
          ]
        : [broken('R010', key, `${key} asks for a flag that asks for another: ${way}.`)]
    }
  return []
}

function reaches(from: string, to: string, asks: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>([from])
  for (const it of seen) {
    if (it === to) return true
    for (const next of asks.get(it) ?? []) seen.add(next)
  }
  return false
}

function lintPlan({ feature, criteria, rollback, silent }: LintedPlan): readonly LintFinding[] {
  const automatic = criteria.some((it) => it.onFail === 'roll-back')
  return [
    ...(automatic && rollback !== false
      ? []
      : [
          broken(
            'R008',
            feature,
            automatic
              ? `The strategy of ${feature} has no way back.`
              : `No criterion of the plan of ${feature} rolls back.`,
          ),
        ]),
    ...silent.map((it) =>
      broken('R009', feature, `Nothing was counted for ${it} of ${feature} in the last 7 days.`),
    ),
  ]
}

function lintKind({ feature, flag }: LintedPlan, flags: readonly LintedFlag[]): readonly LintFinding[] {
  if (flags.find((it) => it.key === flag)?.kind !== 'permission') return []
  return [broken('R012', flag, `${flag} is a permission flag, and ${feature} is rolled out by it.`)]
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10)
}
