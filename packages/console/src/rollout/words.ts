/** Numbers of rollouts as people read them. */
import type { Rollout } from '@flagmarshal/api/rollout'
import type { RolloutVerdict } from '@flagmarshal/api/rollout-verdict'

/** `2.4 %`, three digits; `–` where nothing is known. */
export function percent(share: number | undefined | null): string {
  return share === undefined || share === null || !Number.isFinite(share)
    ? '–'
    : `${Number((100 * share).toPrecision(3))} %`
}

/** `1,204`. */
export function count(n: number): string {
  return n.toLocaleString('en')
}

/** A rate of a criterion: a share, or of a mean the mean itself. */
export function rateOf(
  counts: { readonly n: number; readonly x: number } | undefined | null,
): number | undefined {
  return counts === undefined || counts === null || counts.n === 0 ? undefined : counts.x / counts.n
}

/** The rate in words: `2.4 %` or, of a mean, `412`. */
export function rateWords(rate: number | undefined, isMean: boolean): string {
  if (rate === undefined) return 'no data'
  return isMean ? String(Number(rate.toPrecision(4))) : percent(rate)
}

/** Exposed against control: `+1.2 pt` of shares, `+3.5 %` of means; undefined without both. */
export function differenceWords(verdict: RolloutVerdict, isMean: boolean): string {
  const [exposed, control] = [rateOf(verdict.exposed), rateOf(verdict.control)]
  if (exposed === undefined || control === undefined) return '–'
  const sign = exposed >= control ? '+' : '−'
  if (!isMean) return `${sign}${Number((100 * Math.abs(exposed - control)).toPrecision(2))} pt`
  if (control === 0) return '–'
  return `${sign}${Number(((100 * Math.abs(exposed - control)) / control).toPrecision(2))} %`
}

/** Whom the treatment is served to now: `50 % of everybody, 1,204 users seen`. */
export function exposedWords({ exposure }: Pick<Rollout, 'exposure'>): string {
  const seen = exposure.distinctKeys
  const users = seen === null ? '' : `; ${count(seen.exposed)} users of the exposed arm were seen`
  const basis = exposure.basis === 'requests' ? ' of the latest requests' : ' of everybody'
  return `${percent(exposure.share)}${basis}${users}`
}

/** A role, `operations-lead`, as people say it. */
export function roleWords(roles: readonly string[]): string {
  return roles.map((it) => it.replaceAll('-', ' ')).join(', ')
}

/** States in which nothing changes any more by itself. */
const ENDED: ReadonlySet<string> = new Set(['completed', 'rolled_back', 'aborted'])

/** Whether an attempt has come to its end. */
export function hasEnded(state: string): boolean {
  return ENDED.has(state)
}

const UNDERWAY: ReadonlySet<string> = new Set(['observing', 'running', 'held', 'paused'])

/** Whether people may still say how it goes on. */
export function isUnderway(state: string): boolean {
  return UNDERWAY.has(state)
}

/** Whether a new attempt may follow. */
export function mayStartAgain(state: string): boolean {
  return state === 'rolled_back' || state === 'aborted'
}
