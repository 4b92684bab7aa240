/** One attempt at something secret: booked against both limits, given back when it succeeds. */
import { isIP } from 'node:net'

import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { AttemptLimits } from './attempt-limit.ts'

/** Refused for now; the edge answers 429 with `retryAfterSeconds` in Retry-After. */
export interface TooMany extends Refusal {
  readonly retryAfterSeconds: number
}

/** Who tries: the account that is named, if any, and the address. */
export interface Attempt {
  readonly limits: AttemptLimits
  readonly account: string | undefined
  readonly address: string
  readonly now: Date
  /** Success shows all that the account asks for, so that earlier failures are forgotten. */
  readonly whole?: true
}

/**
 * What an address counts as: of IPv6 its first half, because whoever has one address has all that share it
 * (RFC 6177: a site gets a /64 at least).
 */
export function blockOf(address: string): string {
  const plain = address.split('%')[0] ?? address
  if (isIP(plain) !== 6) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  const [before = '', after] = plain.toLowerCase().split('::')
  const groups = (text: string) => text.split(':').filter((it) => it !== '')
  const [head, tail] = [groups(before), groups(after ?? '')]
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length
  const all = [...head, ...Array.from({ length: zeros }, () => '0'), ...tail]
  return `${all
    .slice(0, 4)
    .map((it) => it.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/** Carries an attempt out unless there were too many failures. Only the codes in `failures` count as one. */
export async function attempt<T>(
  { limits, account, address, now, whole }: Attempt,
  failures: readonly string[],
  work: () => Promise<T | Refusal>,
): Promise<T | Refusal> {
  const block = blockOf(address)
  const no = book({ limits, account, address, now })
  if (no !== undefined) return no
  let failed = false
  let succeeded = false
  try {
    const result = await work()
    failed = isRefusal(result) && failures.includes(result.code)
    succeeded = !isRefusal(result)
    return result
  } finally {
    if (!failed) limits.address.giveBack(block)
    // Of two factors one alone would otherwise give back all attempts at the other.
    if (account !== undefined && succeeded && whole === true) limits.account.forget(account.toLowerCase())
    else if (account !== undefined && !failed) limits.account.giveBack(account.toLowerCase())
  }
}

/** Books one attempt against both limits; a refusal where one of them is used up. */
export function book({ limits, account, address, now }: Attempt): TooMany | undefined {
  const ofAddress = limits.address.take(blockOf(address), now)
  if (ofAddress !== undefined) return tooMany(ofAddress.retryAfterSeconds)
  const ofAccount = account === undefined ? undefined : limits.account.take(account.toLowerCase(), now)
  return ofAccount === undefined ? undefined : tooMany(ofAccount.retryAfterSeconds)
}

function tooMany(retryAfterSeconds: number): TooMany {
  const minutes = Math.ceil(retryAfterSeconds / 60)
  return {
    ...refuse(
      'too-many-attempts',
      'There were too many attempts.',
      `Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}, or ask an administrator for a link to choose a new password.`,
    ),
    retryAfterSeconds,
  }
}
