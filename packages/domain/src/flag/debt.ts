/**
 * Debt: a flag that should be gone (P-S1-12, P-EX6). One that is past its end, or one whose run of the
 * procedure was aborted and which nobody has taken up again.
 */
import type { FlagLife } from './strategy.ts'

/** What is known of the flag's life from the newest run about it. */
export interface FlagRecord {
  readonly owner: string
  readonly life?: FlagLife
  readonly aborted?: { readonly at: Date; readonly cause: string }
}

export interface Debt {
  readonly owner: string
  readonly because: 'past_end' | 'run_aborted'
  readonly since: Date
  readonly why: string
}

const DAY_MS = 86_400_000

/** The debt that a flag is at `now`; undefined while it is none. The end is a day of UTC, over when it has passed. */
export function debtOf({ owner, life, aborted }: FlagRecord, now: Date): Debt | undefined {
  const answers = life?.owner ?? owner
  if (aborted !== undefined) {
    const why = `its run was aborted: ${aborted.cause}`
    return { owner: answers, because: 'run_aborted', since: aborted.at, why }
  }
  if (life?.endsOn === undefined) return undefined
  const since = new Date(new Date(`${life.endsOn}T00:00:00Z`).getTime() + DAY_MS)
  if (now < since) return undefined
  const until = life.retirement === undefined ? '' : `; it can go once ${life.retirement}`
  return { owner: answers, because: 'past_end', since, why: `it was to end on ${life.endsOn}${until}` }
}
