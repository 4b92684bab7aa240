/**
 * Who may do what: roles, permissions, and the one table between them.
 *
 * Routes declare a permission; nothing else decides access. What a role may sign (an approval, a
 * step's decision) is the procedure's own rule, asked after this one.
 */

/** Roles that people hold. The three leads approve; an administrator never does. */
export const ROLES = [
  'administrator',
  'technical-lead',
  'operations-lead',
  'product-owner',
  'developer',
  'viewer',
] as const
export type Role = (typeof ROLES)[number]

/** What a request may ask for. `noun:verb`, one per kind of act. */
export const PERMISSIONS = [
  'public',
  'self:read',
  'access:write',
  'project:read',
  'project:write',
  'flag:read',
  'flag:write',
  'flag:kill',
  'draft:decide',
  'procedure:read',
  'procedure:write',
  'procedure:decide',
  'rollout:read',
  'rollout:pause',
  'rollout:operate',
  'audit:read',
  'instance:read',
  'snapshot:read',
  'telemetry:write',
  'flag:evaluate',
  'edge:serve',
] as const
export type Permission = (typeof PERMISSIONS)[number]

/** What only looks. */
export const READ: readonly Permission[] = [
  'self:read',
  'project:read',
  'flag:read',
  'procedure:read',
  'rollout:read',
  'audit:read',
  'instance:read',
]
const WORK: readonly Permission[] = [
  ...READ,
  'flag:write',
  'flag:kill',
  'rollout:pause',
  'procedure:write',
  'flag:evaluate',
  'snapshot:read',
]
const LEAD: readonly Permission[] = [...WORK, 'draft:decide', 'procedure:decide', 'rollout:operate']

/** What each role allows. Turning off (`flag:kill`) and pausing are open to everybody who may work at all. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: [...WORK, 'access:write', 'project:write', 'rollout:operate'],
  'technical-lead': LEAD,
  'operations-lead': LEAD,
  'product-owner': LEAD,
  developer: [...WORK, 'draft:decide'],
  viewer: READ,
}

/**
 * The kinds of tokens. A personal token (`user`) has its person's roles, or fewer; `service` is an
 * automation of one project, `agent` one that also switches nothing on; `server` and `web` are keys of SDKs,
 * `edge` is the key of an edge.
 */
export type TokenKind = 'user' | 'admin' | 'service' | 'agent' | 'server' | 'web' | 'edge'

/** What tokens that belong to no person allow. An automation prepares and may turn off; it never decides. */
export const KEY_PERMISSIONS: Readonly<Record<Exclude<TokenKind, 'user'>, readonly Permission[]>> = {
  admin: ROLE_PERMISSIONS.administrator,
  service: WORK,
  agent: [...READ, 'flag:kill', 'rollout:pause', 'procedure:write', 'flag:evaluate'],
  server: ['snapshot:read', 'telemetry:write', 'instance:read', 'flag:evaluate'],
  web: ['flag:evaluate'],
  edge: ['edge:serve'],
}

/** Everything that a set of roles allows together. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => ROLE_PERMISSIONS[role]))
}
