/**
 * Passwords: argon2id with the parameters that OWASP's cheat sheet on password storage gives
 * (19 MiB, two passes), away from the event loop.
 */
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { hash, verify } from '@node-rs/argon2'

const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The hash to store, in the PHC string format. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password.normalize('NFKC'), ARGON2ID)
}

/** Whether it is the password. Without a stored hash it takes as long and says no, so that time tells nothing. */
export async function isPassword(stored: string | null, password: string): Promise<boolean> {
  const known = stored ?? (await nobody())
  const fits = await verify(known, password.normalize('NFKC'))
  return fits && stored !== null
}

let hashOfNobody: Promise<string> | undefined

function nobody(): Promise<string> {
  return (hashOfNobody ??= hashPassword('nobody has this password'))
}

/** Refuses a password that is easily guessed from who its person is. */
export function refuseWeakPassword(
  password: string,
  person: { readonly id: string; readonly name: string },
): Refusal | undefined {
  const bare = password.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
  const repeated = new Set(bare).size < 4
  const named = [person.id, person.name].some((it) => {
    const name = it.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
    return name !== '' && bare.replaceAll(name, '').length < 4
  })
  if (!repeated && !named) return undefined
  return refuse(
    'invalid',
    'This password is too easy to guess.',
    'Use several words, or let a password manager make one.',
    '/password',
  )
}
