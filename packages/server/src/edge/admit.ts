/**
 * Whom an edge lets in, from memory: it knows the hashes of the keys that its server told it of.
 * While that cannot be asked, a key that nobody told of may be new, so its owner is asked to come
 * again: an SDK would take 401 as final.
 */
import { timingSafeEqual } from 'node:crypto'

import type { Authenticator } from '../access/authenticate.ts'
import { openEventToken } from '../access/event-token.ts'
import type { Actor } from '../context.ts'
import { HttpProblem } from '../http/problems.ts'
import { sha256 } from '../id.ts'
import type { Safe } from '../secret/seal.ts'
import type { Place } from './place.ts'

const OPERATOR: Actor = {
  kind: 'admin',
  id: 'bootstrap',
  name: 'Bootstrap token',
  roles: [],
  tokenKind: 'admin',
}

interface Admitted {
  readonly actor: Actor
  readonly expiresAt: string | null
}

export interface Admission extends Authenticator {
  /** Reads the keys of all places anew; answers the ids of those that hold now. */
  refresh(now: Date): ReadonlySet<string>
}

/** Knows nobody until `refresh`. `operatorToken` reads the metrics. */
export function createAdmission(
  places: readonly Place[],
  safe: Safe,
  operatorToken: string | undefined,
): Admission {
  const operatorHash = operatorToken === undefined ? undefined : Buffer.from(sha256(operatorToken))
  let admitted: ReadonlyMap<string, Admitted> = new Map()

  const known = (hash: string, now: Date): Actor | undefined => {
    const { actor, expiresAt } = admitted.get(hash) ?? { actor: undefined, expiresAt: null }
    return expiresAt !== null && new Date(expiresAt) <= now ? undefined : actor
  }
  const actorOf = (hash: string, now: Date): Actor | undefined => {
    if (admitted.has(hash) || places.every(isCurrent)) return known(hash, now)
    throw new HttpProblem(
      503,
      'key-not-known-yet',
      'This edge cannot ask its server whether the key is new.',
      {
        remedy: 'Try again shortly. Keys that were there when the server was last reached are served.',
        headers: { 'retry-after': '5' },
      },
    )
  }

  return {
    async authenticate(token, now) {
      const hash = sha256(token)
      if (operatorHash !== undefined && timingSafeEqual(Buffer.from(hash), operatorHash)) return OPERATOR
      return actorOf(hash, now)
    },
    remembered(token, now) {
      const hash = sha256(token)
      const actor = known(hash, now)
      return actor && { actor, hash }
    },
    async authenticateAddress(token, at) {
      const opened = openEventToken(safe, token, at)
      return opened === undefined ? undefined : actorOf(opened.hash, at.now)
    },
    authenticateSession: async () => undefined,
    // When keys were used is the server's to note: it hears of instances, not of requests.
    takeUsed: () => [],
    forget: () => undefined,
    doubt: () => undefined,
    refresh(now) {
      admitted = new Map(places.flatMap(admittedBy))
      return new Set([...admitted.keys()].flatMap((hash) => known(hash, now)?.id ?? []))
    },
  }
}

/** Whether the server would have told of every key that there is. */
function isCurrent({ link }: Place): boolean {
  return link.health().upstream === 'connected' && link.keys() !== undefined
}

function admittedBy({ link }: Place): readonly (readonly [string, Admitted])[] {
  const state = link.state()
  if (state === undefined) return []
  const { project, environment } = state.snapshot
  return (link.keys() ?? []).map(({ id, hash, kind, name, expiresAt }) => {
    const actor: Actor = {
      kind: 'sdk',
      id,
      name,
      roles: [],
      project,
      environment,
      tokenId: id,
      tokenKind: kind,
    }
    return [hash, { actor, expiresAt }]
  })
}
