/**
 * What is kept between leaving for the provider and coming back: in a cookie of the browser that left,
 * sealed (R17), for ten minutes. Whoever comes back in another browser has nothing that fits.
 */
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { sha256 } from '../id.ts'
import type { KeptSignIn } from '../integrations/sign-in-interfaces.ts'
import type { Safe } from '../secret/seal.ts'
import type { Database } from '../storage/database.ts'
import { spendSignIn } from '../storage/identities.ts'

/** How long somebody may take at the provider, in milliseconds. */
export const KEPT_MS = 600_000

const OWNER = 'provider-sign-in'

/** The session that asks for a proof or a connection: only in the same one it is finished. */
const ByWhom = z.object({ person: z.string(), token: z.string(), session: z.string() })

const Kept = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Of the settings that it was begun under. */
  revision: z.int(),
  page: z.string(),
  begun: z.int(),
  purpose: z.discriminatedUnion('for', [
    z.object({ for: z.literal('sign-in') }),
    z.object({ for: z.literal('proof'), by: ByWhom }),
    z.object({ for: z.literal('connection'), by: ByWhom }),
  ]),
})
export type Kept = z.output<typeof Kept>
export type Purpose = Kept['purpose']

/** The text for the cookie. */
export function sealKept(safe: Safe, kept: Kept & KeptSignIn): string {
  return Buffer.from(safe.seal(JSON.stringify(kept), OWNER)).toString('base64url')
}

/** What came back, and what it came with. */
export interface Returned {
  /** What stands after `?` in the address. */
  readonly query: string
  /** The cookie that was set for a state. */
  readonly cookieOf: (state: string) => string | undefined
  /** The secret of the browser's session, if it has one. */
  readonly session: string | undefined
}

/** The state that a return names. */
export function stateOf(query: string): string | undefined {
  const states = new URLSearchParams(query).getAll('state')
  return states.length === 1 ? states[0] : undefined
}

/** What was kept for this return, which is then used up: a second one is refused, whoever it comes from. */
export async function takeKept(
  { database, safe }: { readonly database: Database; readonly safe: Safe },
  returned: Returned,
  now: Date,
): Promise<Kept | Refusal> {
  const kept = openKept(safe, returned)
  if (kept === undefined || now.getTime() - kept.begun > KEPT_MS || now.getTime() < kept.begun - KEPT_MS) {
    return refuseLost()
  }
  const { purpose } = kept
  const mine = returned.session === undefined ? undefined : sha256(returned.session)
  if (purpose.for !== 'sign-in' && purpose.by.session !== mine) return refuseLost()
  const row = { state: sha256(kept.state), until: new Date(kept.begun + 2 * KEPT_MS) }
  const first = await database.transaction(async (tx) => await spendSignIn(tx, row, now))
  if (isRefusal(first)) return first
  return first
    ? kept
    : refuse('sign-in-used', 'This return from the provider was used before.', 'Begin anew.')
}

function openKept(safe: Safe, { query, cookieOf }: Returned): Kept | undefined {
  const state = stateOf(query)
  const cookie = state === undefined ? undefined : cookieOf(state)
  if (cookie === undefined) return undefined
  const opened = safe.open(Buffer.from(cookie, 'base64url').toString('utf8'), OWNER)
  if (opened === undefined) return undefined
  // Of another version of the server it may be shaped otherwise.
  const kept = Kept.safeParse(JSON.parse(opened)).data
  return kept?.state === state ? kept : undefined
}

/** Nothing was begun here that this return belongs to. */
export function refuseLost(): Refusal {
  return refuse(
    'sign-in-lost',
    'This was not begun in this browser, or too long ago.',
    'Begin anew, and let the browser keep cookies of this server.',
  )
}
