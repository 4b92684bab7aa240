/**
 * Whose token it is.
 *
 * Looked up once and remembered for a short while, so that SDKs do not cost a query a request. A
 * revocation is announced to every server and forgets the token at once; a server that may have
 * missed one asks about every token again. While the database cannot be reached or does not answer,
 * remembered tokens stay valid for an hour: nothing can be revoked then, and evaluation goes on.
 */
import { timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import type { Grant } from '@flagmarshal/domain/access/authority'
import type { Role } from '@flagmarshal/domain/access/permission'

import type { Actor } from '../context.ts'
import { failureOf } from '../failure.ts'
import { sha256 } from '../id.ts'
import type { Safe } from '../secret/seal.ts'
import { selectCredential } from '../storage/access.ts'
import type { Credential, GrantRow } from '../storage/access.ts'
import type { Database } from '../storage/database.ts'
import { openEventToken } from './event-token.ts'

const FRESH_MS = 10_000
const USABLE_MS = 3_600_000

/** How long a request with a remembered token waits for the database. */
const PATIENCE_MS = 250

/** Beyond this many the oldest are forgotten. */
const CAPACITY = 10_000

interface Remembered {
  readonly credential: Credential
  readonly actor: Actor
  readonly at: number
  /** A revocation may have been missed since. */
  readonly inDoubt?: true
}

/** `anew`: asks the database, never what is remembered. */
export type Fresh = 'anew' | undefined

export interface Authenticator {
  /** The actor behind a token; undefined for a token that is unknown, expired or revoked. */
  authenticate(token: string, now: Date, fresh?: Fresh): Promise<Actor | undefined>
  /** The same at once, for a token that was looked up a moment ago; undefined for any other, of which nothing is said. */
  remembered(token: string, now: Date): RememberedToken | undefined
  /** The SDK key behind the token of an address (`event-token.ts`); undefined once either has ended. */
  authenticateAddress(
    token: string,
    at: { readonly now: Date; readonly returning: boolean },
  ): Promise<Actor | undefined>
  /** The person behind the cookie of a session; undefined for anything else. */
  authenticateSession(secret: string, now: Date, fresh?: Fresh): Promise<Actor | undefined>
  /** The tokens that were looked up since this was asked last, by their ids. */
  takeUsed(): readonly string[]
  /** Forgets the token with this hash. */
  forget(hash: string): void
  /** Doubts every token: the database is asked again before one is good, as long as it answers. */
  doubt(): void
}

/** Whose a token is, and the hash under which it is stored. */
export interface RememberedToken {
  readonly actor: Actor
  readonly hash: string
}

/** Knows the bootstrap token and everything in the database. */
export function createAuthenticator(database: Database, bootstrapToken: string, safe: Safe): Authenticator {
  const bootstrapHash = Buffer.from(sha256(bootstrapToken))
  const remembered = new Map<string, Remembered>()
  const asking = new Map<string, Promise<Credential | undefined>>()
  const used = new Set<string>()
  const look = rememberCredentials(database, remembered, asking)
  const valid = async (hash: string, now: Date, fresh?: Fresh): Promise<Credential | undefined> => {
    const credential = await look(hash, now, fresh)
    const expired = credential?.expires_at !== null && (credential?.expires_at ?? now) <= now
    if (credential === undefined || expired) return undefined
    used.add(credential.id)
    return credential
  }

  return {
    async authenticate(token, now, fresh) {
      const hash = sha256(token)
      if (timingSafeEqual(Buffer.from(hash), bootstrapHash)) return BOOTSTRAP
      const credential = await valid(hash, now, fresh)
      // Only the cookie carries a session: there, writes are protected from other sites.
      return credential === undefined || credential.kind === 'session' ? undefined : actorOf(credential)
    },
    remembered(token, now) {
      const hash = sha256(token)
      const known = remembered.get(hash)
      if (known === undefined || !isFresh(known, now)) return undefined
      const { credential, actor } = known
      const over = credential.expires_at !== null && credential.expires_at <= now
      return over || credential.kind === 'session' ? undefined : { actor, hash }
    },
    async authenticateAddress(token, at) {
      const { now } = at
      const opened = openEventToken(safe, token, at)
      const credential = opened === undefined ? undefined : await valid(opened.hash, now)
      return credential === undefined ? undefined : actorOf(credential)
    },
    async authenticateSession(secret, now, fresh) {
      const credential = await valid(sha256(secret), now, fresh)
      return credential?.kind === 'session' ? actorOf(credential) : undefined
    },
    takeUsed() {
      const ids = [...used]
      used.clear()
      return ids
    },
    // Who is asking now may have read what was true before, and asks again.
    forget(hash) {
      for (const memory of [remembered, asking]) memory.delete(hash)
    },
    doubt() {
      asking.clear()
      for (const [hash, known] of remembered) remembered.set(hash, { ...known, inDoubt: true })
    },
  }
}

/** Whether it was looked up a moment ago, and nothing was missed since. */
function isFresh({ at, inDoubt }: Remembered, now: Date): boolean {
  return inDoubt !== true && now.getTime() - at < FRESH_MS
}

const BOOTSTRAP: Actor = {
  kind: 'admin',
  id: 'bootstrap',
  name: 'Bootstrap token',
  roles: [],
  tokenKind: 'admin',
}

type Look = (hash: string, now: Date, fresh?: Fresh) => Promise<Credential | undefined>

/** Looks in memory first. Of several requests with a token that is no longer fresh, one asks the database. */
function rememberCredentials(
  database: Database,
  remembered: Map<string, Remembered>,
  asking: Map<string, Promise<Credential | undefined>>,
): Look {
  return async (hash, now, fresh) => {
    if (fresh === 'anew') return await ask(hash, now)
    const known = remembered.get(hash)
    const age = known === undefined ? Infinity : now.getTime() - known.at
    if (known === undefined || age >= USABLE_MS) return await (asking.get(hash) ?? ask(hash, now))
    if (isFresh(known, now) || asking.has(hash)) return known.credential
    const late = new AbortController()
    const answer = ask(hash, now).catch((error: unknown) => {
      if (failureOf(error) === undefined) throw error
      return known.credential
    })
    const patience = sleep(PATIENCE_MS, known.credential, { signal: late.signal })
    patience.catch(() => undefined)
    return await Promise.race([answer, patience]).finally(() => late.abort())
  }

  function ask(hash: string, now: Date): Promise<Credential | undefined> {
    const answer: Promise<Credential | undefined> = renew(hash, now, () => answer)
    asking.set(hash, answer)
    return answer
  }

  /** Asks, and asks again where the token was forgotten or doubted meanwhile: what was read may be from before. */
  async function renew(
    hash: string,
    now: Date,
    own: () => Promise<Credential | undefined>,
  ): Promise<Credential | undefined> {
    try {
      for (;;) {
        const credential = await selectCredential(database.kysely, hash)
        const asked = asking.get(hash)
        if (asked === own()) {
          remember(remembered, hash, credential, now)
          return credential
        }
        // Whoever asked later knows better.
        if (asked !== undefined) return await asked
        asking.set(hash, own())
      }
    } finally {
      if (asking.get(hash) === own()) asking.delete(hash)
    }
  }
}

function remember(
  remembered: Map<string, Remembered>,
  hash: string,
  credential: Credential | undefined,
  now: Date,
): void {
  remembered.delete(hash)
  if (credential === undefined) return
  remembered.set(hash, { credential, actor: actorOf(credential), at: now.getTime() })
  const oldest = remembered.size > CAPACITY ? remembered.keys().next().value : undefined
  if (oldest !== undefined) remembered.delete(oldest)
}

function actorOf(credential: Credential): Actor {
  const { kind, project, environment, permissions } = credential
  const reach = {
    ...(project === null ? {} : { project }),
    ...(environment === null ? {} : { environment }),
    ...(permissions === null ? {} : { permissions }),
    tokenId: credential.id,
  }
  if (kind === 'user' || kind === 'session') {
    const id = credential.person ?? ''
    const { proved_at: at, proved_by: method } = credential
    return {
      kind: 'person',
      id,
      name: credential.person_name ?? id,
      roles: narrowed(credential, credential.person_roles ?? [], (it) => it),
      grants: narrowed(credential, credential.person_grants, (it) => it.role).map(grantOf),
      ...reach,
      tokenKind: 'user',
      ...(kind === 'session' ? { session: true } : {}),
      ...(at === null || method === null ? {} : { proof: { method, at } }),
    }
  }
  return {
    kind: kind === 'service' || kind === 'agent' ? 'service' : 'sdk',
    id: credential.account ?? credential.id,
    name: credential.account_name ?? credential.name,
    roles: [],
    ...reach,
    tokenKind: kind,
  }
}

/** A role in one place, as the domain has it. */
export function grantOf({ role, project, environment }: GrantRow): Grant {
  return { role, project, ...(environment === null ? {} : { environment }) }
}

/** What the person still has, as far as the token is for those roles. */
function narrowed<T>({ roles }: Credential, held: readonly T[], roleOf: (it: T) => Role): readonly T[] {
  return roles === null ? held : held.filter((it) => roles.includes(roleOf(it)))
}
