/**
 * What somebody may do in one place: the roles held everywhere and there, as far as the token reaches.
 * The one decision that the server asks at every route, that the matrix in the documentation is made
 * of, and that tests hold both against.
 */
import { KEY_PERMISSIONS, permissionsOf, READ, ROLES } from './permission.ts'
import type { Permission, Role, TokenKind } from './permission.ts'

/** A role in one project, or in one of its environments only. */
export interface Grant {
  readonly role: Role
  readonly project: string
  readonly environment?: string
}

/** Whoever asks: the roles of a person everywhere, those in single places, and how far the token reaches. */
export interface Holder {
  readonly kind: TokenKind
  readonly roles: readonly Role[]
  readonly grants?: readonly Grant[]
  /** The token is for this project, or for this environment of it. */
  readonly project?: string
  readonly environment?: string
  /** The token allows no more than these. */
  readonly permissions?: readonly Permission[]
}

/** What is asked for. */
export interface Asked {
  readonly can: Permission
  /** What the address names. */
  readonly project?: string
  readonly environment?: string
  /** `never`: it serves nobody anything by itself. `may`: it switches flags on, if only for a while. */
  readonly exposes?: 'never' | 'may'
}

/** What they may do there, and the roles that they hold there. */
export interface Authority {
  readonly allowed: boolean
  readonly roles: readonly Role[]
  readonly permissions: ReadonlySet<Permission>
}

/** What reaches no project: little of it is anybody's who works in single projects only. */
const OUTSIDE: readonly Permission[] = ['self:read', 'project:read', 'procedure:read']

const OF_KEYS = {
  server: new Set(KEY_PERMISSIONS.server),
  web: new Set(KEY_PERMISSIONS.web),
  edge: new Set(KEY_PERMISSIONS.edge),
}

/** The decision. Whether the project is the token's own is asked apart: elsewhere there is nothing to be found. */
export function authorityFor(holder: Holder, asked: Asked): Authority {
  if (holder.kind === 'server' || holder.kind === 'web' || holder.kind === 'edge') {
    // Asked thousands of times a second: nothing is made anew.
    const permissions = OF_KEYS[holder.kind]
    return { allowed: permissions.has(asked.can), roles: [], permissions }
  }
  const roles = holder.kind === 'user' ? rolesThere(holder, asked) : []
  const held = holder.kind === 'user' ? personal(holder, roles, asked) : new Set(keyed(holder.kind, asked))
  const permissions = new Set([...held].filter((it) => isWithin(holder, asked, it)))
  return { allowed: permissions.has(asked.can), roles, permissions }
}

/** Roles held everywhere, in the project, or in the environment that is named. */
function rolesThere({ roles, grants = [] }: Holder, { project, environment }: Asked): readonly Role[] {
  const there = grants.filter(
    (it) => it.project === project && (it.environment === undefined || it.environment === environment),
  )
  return ROLES.filter((role) => roles.includes(role) || there.some((it) => it.role === role))
}

function personal(
  { grants = [] }: Holder,
  roles: readonly Role[],
  { project, exposes }: Asked,
): ReadonlySet<Permission> {
  const permissions = new Set(permissionsOf(roles))
  // A role in one environment: the rest of the project can be read, and what serves nobody prepared.
  const near = grants.filter((it) => project === undefined || it.project === project)
  for (const permission of permissionsOf(near.map((it) => it.role))) {
    const readable = project === undefined ? OUTSIDE.includes(permission) : READ.includes(permission)
    if (readable || (project !== undefined && exposes === 'never')) permissions.add(permission)
  }
  return permissions
}

function keyed(kind: Exclude<TokenKind, 'user'>, { exposes }: Asked): readonly Permission[] {
  if (kind !== 'agent') return KEY_PERMISSIONS[kind]
  // An agent proposes and takes away; it switches nothing on, not even where nothing is protected.
  if (exposes === 'never') return [...KEY_PERMISSIONS.agent, 'flag:write']
  return exposes === 'may' ? [] : KEY_PERMISSIONS.agent
}

/** As far as the token itself reaches. */
function isWithin(holder: Holder, asked: Asked, permission: Permission): boolean {
  if (holder.permissions !== undefined && !['self:read', ...holder.permissions].includes(permission))
    return false
  if (holder.project !== undefined && asked.project === undefined) return OUTSIDE.includes(permission)
  if (holder.environment === undefined || asked.environment === holder.environment) return true
  return asked.environment === undefined && (READ.includes(permission) || asked.exposes === 'never')
}

/** The projects that a holder learns of; undefined for all of them. */
export function projectsSeenBy({ kind, roles, grants = [], project }: Holder): readonly string[] | undefined {
  if (project !== undefined) return [project]
  if (kind !== 'user' || roles.length > 0) return undefined
  return [...new Set(grants.map((it) => it.project))]
}
