/**
 * Codes that the console hands to a command line through the browser: sealed (R17), so nothing is stored until
 * one is used; for a minute, once, and for the program whose challenge the person has seen and confirmed.
 */
import { createHash } from 'node:crypto'

import type { IssuedToken } from '@flagmarshal/api/access'
import type { BrowserCode, NewBrowserCode } from '@flagmarshal/api/browser-code'
import type { KeptProof } from '@flagmarshal/api/proof'
import { PROOF_METHODS } from '@flagmarshal/domain/access/proof'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Actor, Context } from '../context.ts'
import { newId, sha256 } from '../id.ts'
import type { Safe } from '../secret/seal.ts'
import { sameText } from '../signature.ts'
import { selectPerson, selectValid } from '../storage/access.ts'
import type { GrantedPerson } from '../storage/access.ts'
import type { Tx } from '../storage/database.ts'
import { spendSignIn } from '../storage/identities.ts'
import { updateProof } from '../storage/second-factors.ts'
import { refuseOldSession } from './fresh-session.ts'
import { refuseOldProof, refuseWithoutSession } from './own-session.ts'
import type { FactorParts } from './second-factor.ts'
import { actorOfPerson } from './sessions.ts'
import { issueToken } from './tokens.ts'

/** How long a code may be on its way, in milliseconds: from the browser to a program on the same machine. */
const GOOD_MS = 60_000

const OWNER = 'browser-code'

const Wanted = z.discriminatedUnion('for', [
  z.object({ for: z.literal('token'), challenge: z.string(), name: z.string(), expiresInDays: z.int() }),
  z.object({ for: z.literal('proof'), challenge: z.string() }),
]) satisfies z.ZodType<NewBrowserCode>

const Content = z.object({
  id: z.string(),
  person: z.string(),
  /** The session that it was made in: without it nothing is given. */
  session: z.string(),
  wanted: Wanted,
  proof: z.object({ method: z.enum(PROOF_METHODS), at: z.coerce.date() }).optional(),
  until: z.int(),
})
type Content = z.output<typeof Content>

/** What somebody brings who has a code. */
export interface BroughtCode {
  readonly code: string
  readonly verifier: string
}

/** Makes one. Refuses without a session, in an old one and, for a proof, unless the session has a fresh one. */
export async function createBrowserCode(
  context: Context,
  { database, safe }: FactorParts,
  wanted: NewBrowserCode,
): Promise<BrowserCode | Refusal> {
  const { actor, now } = context
  const { tokenId: session, proof } = actor
  if (actor.session !== true || session === undefined) {
    return refuseWithoutSession()
  }
  const no =
    wanted.for === 'token'
      ? await refuseOldSession(database.kysely, context)
      : refuseOldProof(context, 'Show who you are: it counts for the command line then.')
  if (no !== undefined) return no
  const until = now.getTime() + GOOD_MS
  const content = { id: newId('code'), person: actor.id, session, wanted, proof, until } satisfies Content
  const code = Buffer.from(safe.seal(JSON.stringify(content), OWNER)).toString('base64url')
  return { code, expiresAt: new Date(until).toISOString() }
}

/** Gives the token that a code is for: a personal one, recorded as its person's act. */
export async function takeBrowserToken(
  context: Context,
  { database, safe }: FactorParts,
  brought: BroughtCode,
): Promise<IssuedToken | Refusal> {
  const content = openCode(safe, brought, context.now)
  const wanted = content?.wanted
  if (content === undefined || wanted?.for !== 'token') return refuseCode()
  const { name, expiresInDays } = wanted
  return await database.transaction(async (tx) => {
    const person = await spend(tx, content, context.now)
    if (person === undefined) return refuseCode()
    const actor: Actor = { ...actorOfPerson(person, content.session) }
    return await issueToken(tx, { ...context, actor }, person.id, { name, expiresInDays })
  })
}

/** Keeps the proof of a code with the token that asks, which must be of the same person. */
export async function takeBrowserProof(
  context: Context,
  { database, safe }: FactorParts,
  brought: BroughtCode,
): Promise<KeptProof | Refusal> {
  const { actor, now } = context
  const content = openCode(safe, brought, now)
  const proof = content?.proof
  if (content?.wanted.for !== 'proof' || proof === undefined) return refuseCode()
  const id = actor.tokenId
  if (actor.kind !== 'person' || id === undefined || actor.id !== content.person) {
    return refuse(
      'another-person',
      'Whoever has shown who they are in the browser is not the person of this token.',
      'Sign in there as yourself, or log in anew: flagmarshal login',
    )
  }
  return await database.transaction(async (tx) => {
    if ((await spend(tx, content, now)) === undefined) return refuseCode()
    await updateProof(tx, id, proof)
    await record(tx, context, {
      chain: 'installation',
      action: 'person.prove',
      subject: { kind: 'person', id: actor.id },
      after: { method: proof.method, token: id },
    })
    return { method: proof.method, at: proof.at.toISOString() }
  })
}

/** What a code says; undefined for one that is not ours, too old, or of another program. */
function openCode(safe: Safe, { code, verifier }: BroughtCode, now: Date): Content | undefined {
  const opened = safe.open(Buffer.from(code, 'base64url').toString('utf8'), OWNER)
  if (opened === undefined) return undefined
  const content = Content.safeParse(JSON.parse(opened)).data
  if (content === undefined) return undefined
  const fits = sameText(challengeOf(verifier), content.wanted.challenge)
  return fits && now.getTime() < content.until ? content : undefined
}

/** S256 (RFC 7636, 4.2). */
function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier, 'ascii').digest('base64url')
}

/** Uses it up; its person, who is let in and whose session is open still. */
async function spend(
  tx: Tx,
  { id, person, session, until }: Content,
  now: Date,
): Promise<GrantedPerson | undefined> {
  // Its id, not its text: base64url has several texts for the same bytes.
  if (!(await spendSignIn(tx, { state: sha256(`code ${id}`), until: new Date(until) }, now))) return undefined
  if (!(await selectValid(tx, [session], now)).has(session)) return undefined
  const known = await selectPerson(tx, person)
  return known === undefined || known.disabled_at !== null ? undefined : known
}

function refuseCode(): Refusal {
  return refuse(
    'code-refused',
    'This code is not valid, was used before, has expired, or is for another program.',
    'Begin anew: flagmarshal login',
  )
}
