/** The reach of a configuration in words, with its numbers and what they rest on. */
import { MADE_UP_KEYS } from './reach.ts'
import type { VariantReach } from './reach.ts'

/** What was counted, since when. */
export interface Population {
  readonly unit: 'users' | 'requests' | 'nothing'
  readonly n: number
  readonly from: Date
  /** False where `n` was reckoned from a sample. */
  readonly exact: boolean
}

const DAY_MS = 86_400_000

/** `"on" would reach about 2,410 of 48,000 users seen in the last 7 days.` The variant that is not the off one is told; all that reach anybody. */
export function reachSentence(
  reach: readonly VariantReach[],
  population: Population,
  offVariant: string,
  now: Date,
): string {
  const told = reach.filter(({ variant }) => variant !== offVariant)
  if (told.length === 0) return `Everybody is served "${offVariant}".`
  const of = ofWhom(population, now)
  return told.map((it) => `"${it.variant}" reaches ${howMany(it, population)}${of}${byLists(it)}.`).join(' ')
}

/** How it was reckoned, and what is not known. */
export function reachBasis(reach: readonly VariantReach[], { unit, exact }: Population): string {
  const open = reach.some(({ least, most }) => least !== most)
  return [
    `Shares come from ${MADE_UP_KEYS.toLocaleString('en')} made-up keys, walked through the rules: 10 % may be off by 0.6 points.`,
    open
      ? 'Where a condition on attributes decides, the answer is a range: SDKs report no attributes, so nobody knows how many it holds for.'
      : 'No condition on attributes decides.',
    UNITS[unit],
    exact ? '' : 'The users were reckoned from a sample of their keys.',
  ]
    .filter((it) => it !== '')
    .join(' ')
}

const UNITS: Readonly<Record<Population['unit'], string>> = {
  users: 'Users are the distinct keys that the last rollout here has counted.',
  requests: 'Distinct users are counted only while a rollout runs, so these are requests.',
  nothing: 'No SDK has reported a request of this flag here in the last 7 days, so there are shares only.',
}

function howMany({ least, most }: VariantReach, { unit, n }: Population): string {
  if (unit === 'nothing') {
    return least === most ? `about ${percent(most)}` : `between ${percent(least)} and ${percent(most)}`
  }
  const [low, high] = [Math.round(least * n), Math.round(most * n)]
  return low === high ? `about ${number(high)}` : `between ${number(low)} and ${number(high)}`
}

function byLists({ listed }: VariantReach): string {
  return listed === 0 ? '' : `, and at most ${number(listed)} more by lists`
}

function ofWhom({ unit, n, from }: Population, now: Date): string {
  if (unit === 'nothing') return ''
  const days = (now.getTime() - from.getTime()) / DAY_MS
  const since = days <= 7.01 ? 'in the last 7 days' : `since ${from.toISOString().slice(0, 10)}`
  return ` of ${number(n)} ${unit} seen ${since}`
}

function number(it: number): string {
  return it.toLocaleString('en')
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`
}
