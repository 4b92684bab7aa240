/**
 * Where a flag is in its life: its debt, its age, what it decides, what code asks it and what still
 * evaluates it, joined. A flag that should go and that no known code asks, but something evaluates, is
 * neither in use nor to be removed: an older version of the code runs somewhere.
 */

export type LifecycleStage = 'new' | 'live' | 'permanent' | 'stale' | 'monitor' | 'remove'

/** What is known of a flag. */
export interface FlagUse {
  readonly permanent: boolean
  /** Why it should be gone, where it should. */
  readonly debt?: string
  /** The last change of its definition or of a configuration. */
  readonly changedAt: Date
  readonly environments: readonly { readonly enabled: boolean; readonly decides: boolean }[]
  /** The last evaluation that was reported; absent for none in the 30 days that are kept. */
  readonly lastEvaluatedAt?: Date
  /** Places in code that ask it; absent where no repository has reported. */
  readonly references?: number
}

/** Days without a change, and without an evaluation, after which nothing is expected any more. */
export const QUIET_DAYS = 14
const DAY_MS = 86_400_000

/** The stage, and why in a clause. */
export function lifecycleOf(
  use: FlagUse,
  now: Date,
): { readonly stage: LifecycleStage; readonly why: string } {
  const due =
    use.debt ?? (isIdle(use, now) ? `unchanged for ${QUIET_DAYS} days, and it decides nothing` : undefined)
  if (due === undefined) {
    if (use.permanent) return { stage: 'permanent', why: 'it stays, for the reason that its owner gave' }
    return use.environments.some((it) => it.enabled)
      ? { stage: 'live', why: 'it is on somewhere' }
      : { stage: 'new', why: 'it is on nowhere yet' }
  }
  const evaluated = isWithin(use.lastEvaluatedAt, now)
  if (use.references === 0) {
    return evaluated
      ? { stage: 'monitor', why: `${due}; no known code asks it, and something still evaluates it` }
      : {
          stage: 'remove',
          why: `${due}; no known code asks it, and nothing evaluated it for ${QUIET_DAYS} days`,
        }
  }
  return { stage: use.debt === undefined ? 'stale' : 'remove', why: due }
}

/** Nobody has touched it for long, and it tells nobody apart. */
function isIdle({ permanent, changedAt, environments }: FlagUse, now: Date): boolean {
  return !permanent && !isWithin(changedAt, now) && environments.every((it) => !it.enabled || !it.decides)
}

function isWithin(time: Date | undefined, now: Date): boolean {
  return time !== undefined && now.getTime() - time.getTime() <= QUIET_DAYS * DAY_MS
}
