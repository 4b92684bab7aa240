/** Functions that are told the answer, and some that ask by themselves. */
import { OpenFeature } from '@openfeature/server-sdk'

import { FLAGS } from './flags.ts'

interface OldTotal {
  readonly parts: readonly number[]
}

const client = OpenFeature.getClient()

export async function total(amounts: readonly number[]): Promise<number> {
  const checkoutOn = await client.getBooleanValue(FLAGS.checkout, false)
  if (!checkoutOn) {
    const old = oldTotal(amounts)
    return old.parts.reduce(add, 0)
  }
  const sum = newTotal(amounts)
  // Never below nothing.
  return Math.max(0, sum)
}

export async function label(amount: number): Promise<string> {
  const checkoutOn = await client.getBooleanValue(FLAGS.checkout, false)
  const withTax = checkoutOn && amount > 0
  switch (amount) {
    case 0:
      if (checkoutOn) return 'free'
      break
    case 1:
      return checkoutOn ? 'one' : 'single'
    default:
  }
  if (withTax) {
    return `${amount} with tax`
  } else if (amount < 0 && !checkoutOn) {
    return 'owed'
  }
  return String(amount)
}

export async function labels(amounts: readonly number[]): Promise<readonly string[]> {
  const all: string[] = []
  for (const amount of amounts) {
    if (!(await client.getBooleanValue('new-checkout', false))) {
      all.push(String(amount))
      continue
    }
    all.push(await label(amount))
  }
  return all
}

function oldTotal(parts: readonly number[]): OldTotal {
  return { parts }
}

function newTotal(amounts: readonly number[]): number {
  return amounts.reduce(add, 0)
}

function add(one: number, other: number): number {
  return one + other
}
