/**
 * Who asks, when, and under which request: the first argument of every use case.
 */
import type { Role, TokenKind } from '@flagmarshal/domain/access/permission'
import type { Proof } from '@flagmarshal/domain/access/proof'
import type { Logger } from 'pino'

/** The structured log. Never give it secrets or context attributes. */
export type Log = Logger

/** Who acts. */
export interface Actor {
  /** `admin` is the bootstrap token, `service` an automation, `sdk` an SDK key, `system` the server itself. */
  readonly kind: 'person' | 'admin' | 'service' | 'sdk' | 'system'
  /** The person's id, the key's id, or a fixed name. */
  readonly id: string
  readonly name: string
  /** Roles of the token that was used; empty for everything but people. */
  readonly roles: readonly Role[]
  /** The project that an automation belongs to; project and environment of an SDK key. */
  readonly project?: string
  readonly environment?: string
  readonly tokenId?: string
  /** The kind of token that was used; absent for the system. A session counts as its person's token. */
  readonly tokenKind?: TokenKind
  /** The person signed in, and `tokenId` is the session. */
  readonly session?: true
  /** The last time that this session or token showed whose it is. */
  readonly proof?: Proof
}

/** What a use case knows about the call. */
export interface Context {
  readonly actor: Actor
  readonly requestId: string
  /** The time of the request or tick, read once. */
  readonly now: Date
  readonly log: Log
}

/** The server itself, named after the part that acts: `controller`, `retention`. */
export function system(name: string): Actor {
  return { kind: 'system', id: name, name, roles: [] }
}
