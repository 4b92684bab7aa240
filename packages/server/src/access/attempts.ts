/** One attempt at something secret: booked against both limits, given back when it succeeds. */
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
}

/** Carries an attempt out unless there were too many failures. Only the codes in `failures` count as one. */
export async function attempt<T>(
  { limits, account, address, now }: Attempt,
  failures: readonly string[],
  work: () => Promise<T | Refusal>,
): Promise<T | Refusal> {
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
    if (!failed) limits.address.giveBack(address)
    if (account !== undefined && succeeded) limits.account.forget(account.toLowerCase())
    else if (account !== undefined && !failed) limits.account.giveBack(account.toLowerCase())
  }
}

/** Books one attempt against both limits; a refusal where one of them is used up. */
export function book({ limits, account, address, now }: Attempt): TooMany | undefined {
  const ofAddress = limits.address.take(address, now)
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
