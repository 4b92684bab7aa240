/**
 * Who asks, when, and under which request: the first argument of every use case.
 */
import { authorityFor, projectsSeenBy } from '@flagmarshal/domain/access/authority'
import type { Grant, Holder } from '@flagmarshal/domain/access/authority'
import type { Permission, Role, TokenKind } from '@flagmarshal/domain/access/permission'
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
  /** Roles of the token that was used, in the place that the request is about; empty for everything but people. */
  readonly roles: readonly Role[]
  /** Roles in single projects or environments. */
  readonly grants?: readonly Grant[]
  /** How far the token reaches: project and environment of an SDK key, the project of an automation. */
  readonly project?: string
  readonly environment?: string
  /** The token allows no more than these. */
  readonly permissions?: readonly Permission[]
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

/** Who acts, as the domain judges it; undefined for the server itself. */
export function holderOf(actor: Actor): Holder | undefined {
  const { tokenKind: kind, roles, grants, project, environment, permissions } = actor
  return kind === undefined
    ? undefined
    : {
        kind,
        roles,
        ...(grants === undefined ? {} : { grants }),
        ...(project === undefined ? {} : { project }),
        ...(environment === undefined ? {} : { environment }),
        ...(permissions === undefined ? {} : { permissions }),
      }
}

/** The roles that somebody holds in all of a project. */
export function rolesIn(actor: Actor, project: string): readonly Role[] {
  const holder = holderOf(actor)
  return holder === undefined ? [] : authorityFor(holder, { can: 'self:read', project }).roles
}

/** Whether somebody learns of a project. */
export function sees(actor: Actor, project: string): boolean {
  const holder = holderOf(actor)
  return holder === undefined || (projectsSeenBy(holder)?.includes(project) ?? true)
}

/** Whether it is an automation: it prepares and takes away, and never raises exposure where that is guarded. */
export function isAutomation({ tokenKind }: Actor): boolean {
  return tokenKind === 'service' || tokenKind === 'agent'
}

/** The server itself, named after the part that acts: `controller`, `retention`. */
export function system(name: string): Actor {
  return { kind: 'system', id: name, name, roles: [] }
}
