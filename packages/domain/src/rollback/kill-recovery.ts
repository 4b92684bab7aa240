/**
 * Whether a kill has helped (P-S5-2): everybody has confirmed it, requests are served off and nothing
 * else, and the share of bad ones has come down. Where nobody reports requests, or hardly any, that is
 * said; it is never taken for a recovery.
 */
import type { VerificationState } from './verify.ts'

/** Requests, and the bad ones among them. */
export interface KillCounts {
  readonly n: number
  readonly bad: number
}

/** What is known of a kill. */
export interface KillFacts {
  readonly at: Date
  readonly verification: VerificationState
  /** Requests of the minutes before that were served something else than off, and those that were served off. */
  readonly before: { readonly on: KillCounts; readonly off: KillCounts }
  /** What was counted since: served off, and served something else. */
  readonly after: KillCounts
  readonly exposed: KillCounts
  /** When a request that was served something else was last reported; absent: not since the kill. */
  readonly exposedAt?: Date
  /** How often SDKs report: what was reported within it may have happened before. */
  readonly flushMs: number
  /** The highest acceptable share of bad requests, from the plan. */
  readonly ceiling?: number
}

/** What was found, as it is kept. */
export interface KillFound {
  readonly verification: VerificationState
  readonly exposure: { readonly gone: boolean; readonly afterMs?: number; readonly requests: number }
  readonly before: number | null
  readonly after: number | null
  readonly requestsAfter: number
  /** In one sentence. */
  readonly said: string
}

export type KillRecovery =
  | { readonly state: 'watching'; readonly found: KillFound; readonly until: Date }
  | { readonly state: 'recovered' | 'failed' | 'not_measured'; readonly found: KillFound }

/** How often SDKs report unless a rollout or an exercise asks for more. */
export const USUAL_FLUSH_MS = 15_000

/** Requests below which a share says nothing. */
const ENOUGH = 20
/** Where the plan names no ceiling. */
const USUAL_CEILING = 0.01
/** Longest wait for the confirmation of the instances and for requests that show it. */
const PATIENCE_MS = 180_000
/** Beyond the interval in which SDKs report: on its way, and written. */
const MARGIN_MS = 2_000

/** When it must have been shown. */
export function recoveryDeadline({ at, flushMs }: Pick<KillFacts, 'at' | 'flushMs'>): Date {
  return new Date(at.getTime() + PATIENCE_MS + 2 * flushMs)
}

/** How it stands at `now`. */
export function killRecovery(facts: KillFacts, now: Date): KillRecovery {
  const over = now >= recoveryDeadline(facts)
  const confirmed = facts.verification === 'verified' || facts.verification === 'verified_except'
  const quiet = quietSince(facts)
  const silent = facts.after.n + facts.exposed.n + facts.before.on.n === 0
  const gone = confirmed && now >= quiet && (facts.after.n > 0 || over || silent)
  const found = (said: string): KillFound => ({
    verification: facts.verification,
    exposure: {
      gone,
      ...(gone ? { afterMs: (facts.exposedAt ?? facts.at).getTime() - facts.at.getTime() } : {}),
      requests: facts.exposed.n,
    },
    before: shareOf(facts.before.on),
    after: shareOf(facts.after),
    requestsAfter: facts.after.n,
    said,
  })
  if (facts.verification === 'timed_out') {
    return { state: 'failed', found: found('an instance is alive and has not confirmed it') }
  }
  if (gone && facts.after.n >= ENOUGH) {
    const judged = sharesOf(facts)
    if (judged.recovered) return { state: 'recovered', found: found(judged.said) }
    if (over) return { state: 'failed', found: found(judged.said) }
  }
  if (!over) {
    return { state: 'watching', found: found('it is being watched'), until: recoveryDeadline(facts) }
  }
  if (!confirmed) return { state: 'failed', found: found('not every instance has confirmed it') }
  if (!gone) return { state: 'failed', found: found('requests are still served something else than off') }
  return {
    state: 'not_measured',
    found: found(
      facts.after.n === 0
        ? 'no request of the flag was reported since, so nothing shows the recovery'
        : `${facts.after.n} requests since are too few to judge the recovery`,
    ),
  }
}

/** From when on nothing that was reported can have happened before the kill. */
function quietSince({ at, exposedAt, flushMs }: KillFacts): Date {
  return new Date((exposedAt ?? at).getTime() + flushMs + MARGIN_MS)
}

/** At or below the ceiling, or half of what it was, or no more than twice what off had before. */
function sharesOf({ before, after, ceiling = USUAL_CEILING }: KillFacts): {
  readonly recovered: boolean
  readonly said: string
} {
  const was = before.on.n < ENOUGH ? null : shareOf(before.on)
  const off = before.off.n < ENOUGH ? null : shareOf(before.off)
  const is = shareOf(after) ?? 0
  const now = `${percent(is)} of the requests are bad`
  if (is <= ceiling) return { recovered: true, said: `${now}, no more than ${percent(ceiling)}` }
  if (off !== null && is <= 2 * off) {
    return { recovered: true, said: `${now}, as of those that were off before (${percent(off)})` }
  }
  if (was !== null && 2 * is <= was) return { recovered: true, said: `${now}, ${percent(was)} before` }
  const compared = was === null ? '' : `, ${percent(was)} before`
  return { recovered: false, said: `${now}${compared}: it has not come down` }
}

function shareOf({ n, bad }: KillCounts): number | null {
  return n === 0 ? null : bad / n
}

function percent(share: number): string {
  return `${(Math.round(share * 1000) / 10).toString()} %`
}
