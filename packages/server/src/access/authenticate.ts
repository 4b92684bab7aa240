/**
 * Whose token it is.
 *
 * Looked up once and remembered for a short while, so that SDKs do not cost a query a request. A
 * revocation is announced to every server and forgets the token at once. While the database cannot
 * be reached, remembered tokens stay valid for an hour: nothing can be revoked then, and evaluation
 * goes on.
 */
import { timingSafeEqual } from 'node:crypto'

import type { Role } from '@flagmarshal/domain/access/permission'

import type { Actor } from '../context.ts'
import { failureOf } from '../failure.ts'
import { sha256 } from '../id.ts'
import { selectCredential } from '../storage/access.ts'
import type { Credential } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'

const FRESH_MS = 10_000
const USABLE_MS = 3_600_000

/** Beyond this many the oldest are forgotten. */
const CAPACITY = 10_000

interface Remembered {
  readonly credential: Credential
  readonly at: number
}

export interface Authenticator {
  /** The actor behind a token; undefined for a token that is unknown, expired or revoked. */
  authenticate(token: string, now: Date): Promise<Actor | undefined>
  /** Forgets the token with this hash; without one, all. */
  forget(hash?: string): void
}

/** Knows the bootstrap token and everything in the database. */
export function createAuthenticator(database: Database, bootstrapToken: string): Authenticator {
  const bootstrapHash = Buffer.from(sha256(bootstrapToken))
  const remembered = new Map<string, Remembered>()

  return {
    async authenticate(token, now) {
      const hash = sha256(token)
      if (timingSafeEqual(Buffer.from(hash), bootstrapHash)) return BOOTSTRAP
      const credential = await credentialOf(database, remembered, hash, now)
      if (credential === undefined) return undefined
      if (credential.expires_at !== null && credential.expires_at <= now) return undefined
      return actorOf(credential)
    },
    forget(hash) {
      if (hash === undefined) remembered.clear()
      else remembered.delete(hash)
    },
  }
}

const BOOTSTRAP: Actor = {
  kind: 'admin',
  id: 'bootstrap',
  name: 'Bootstrap token',
  roles: [],
  tokenKind: 'admin',
}

async function credentialOf(
  database: Database,
  remembered: Map<string, Remembered>,
  hash: string,
  now: Date,
): Promise<Credential | undefined> {
  const known = remembered.get(hash)
  const age = known === undefined ? Infinity : now.getTime() - known.at
  if (age < FRESH_MS) return known?.credential
  try {
    const credential = await selectCredential(database.kysely, hash)
    remembered.delete(hash)
    if (credential === undefined) return undefined
    remembered.set(hash, { credential, at: now.getTime() })
    const oldest = remembered.size > CAPACITY ? remembered.keys().next().value : undefined
    if (oldest !== undefined) remembered.delete(oldest)
    return credential
  } catch (error) {
    if (age < USABLE_MS && failureOf(error) !== undefined) return known?.credential
    throw error
  }
}

function actorOf(credential: Credential): Actor {
  const token = { tokenId: credential.id, tokenKind: credential.kind }
  if (credential.kind === 'user') {
    const id = credential.person ?? ''
    return { kind: 'person', id, name: credential.person_name ?? id, roles: rolesOf(credential), ...token }
  }
  return {
    kind: 'sdk',
    id: credential.id,
    name: credential.name,
    roles: [],
    ...(credential.project === null ? {} : { project: credential.project }),
    ...(credential.environment === null ? {} : { environment: credential.environment }),
    ...token,
  }
}

/** The roles of the token, as far as its person still has them. */
function rolesOf(credential: Credential): readonly Role[] {
  const held = credential.person_roles ?? []
  return credential.roles === null ? held : credential.roles.filter((role) => held.includes(role))
}
