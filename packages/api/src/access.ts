/**
 * Who may call: people, their tokens, and the keys of SDKs, on the wire.
 *
 * The role list is repeated here because only types of `domain` may be imported; the compiler
 * checks that both lists are the same.
 */
import type { Permission, Role, TokenKind } from '@flagmarshal/domain/access/permission'
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

const ROLE_NAMES = {
  administrator: 'administrator',
  'technical-lead': 'technical-lead',
  'operations-lead': 'operations-lead',
  'product-owner': 'product-owner',
  developer: 'developer',
  viewer: 'viewer',
} satisfies { [R in Role]: R }

export const RoleName = z.enum(ROLE_NAMES).meta({ id: 'Role' })

export const NewPerson = z
  .strictObject({
    id: Key,
    name: Line,
    email: z.email().max(254).optional(),
    roles: z.array(RoleName).min(1).max(6),
  })
  .meta({ id: 'NewPerson' })
export type NewPerson = z.infer<typeof NewPerson>

export const Person = z.strictObject({ ...NewPerson.shape, createdAt: Instant }).meta({ id: 'Person' })
export type Person = z.infer<typeof Person>

export const ChangedRoles = z
  .strictObject({
    roles: NewPerson.shape.roles,
    seen: z
      .array(RoleName)
      .max(6)
      .describe('The roles that the caller saw: 412 where the person has others by now.'),
  })
  .meta({ id: 'ChangedRoles' })
export type ChangedRoles = z.infer<typeof ChangedRoles>

export const NewToken = z
  .strictObject({
    name: Line,
    roles: z.array(RoleName).min(1).max(6).optional().describe('A subset of the roles of the person.'),
    expiresInDays: z.int().min(1).max(365).default(90),
  })
  .meta({ id: 'NewToken' })
export type NewToken = z.infer<typeof NewToken>

export const IssuedToken = z
  .strictObject({ id: Id, token: z.string().describe('Shown once.'), expiresAt: Instant })
  .meta({ id: 'IssuedToken' })
export type IssuedToken = z.infer<typeof IssuedToken>

/** What kind of SDK key: `server` downloads the rules, `web` may only evaluate. */
export const KeyKind = z.enum(['server', 'web'])

export const NewKey = z.strictObject({ kind: KeyKind, environment: Key, name: Line }).meta({ id: 'NewKey' })
export type NewKey = z.infer<typeof NewKey>

export const IssuedKey = z
  .strictObject({ id: Id, key: z.string().describe('Shown once.') })
  .meta({ id: 'IssuedKey' })
export type IssuedKey = z.infer<typeof IssuedKey>

export const SdkKey = z
  .strictObject({ id: Id, kind: KeyKind, environment: Key, name: Line, createdAt: Instant })
  .meta({ id: 'SdkKey' })
export type SdkKey = z.infer<typeof SdkKey>

export const NewServiceToken = z
  .strictObject({
    name: Line.describe('The automation that it is for.'),
    expiresInDays: z.int().min(1).max(365).default(90),
  })
  .meta({ id: 'NewServiceToken' })
export type NewServiceToken = z.infer<typeof NewServiceToken>

export const ServiceToken = z
  .strictObject({ id: Id, name: Line, createdAt: Instant, expiresAt: Instant })
  .meta({ id: 'ServiceToken' })
export type ServiceToken = z.infer<typeof ServiceToken>

const ACTOR_KINDS = ['user', 'admin', 'service', 'server', 'web'] as const satisfies readonly TokenKind[]

export const Identity = z
  .strictObject({
    kind: z.enum(ACTOR_KINDS).describe('The kind of the token.'),
    id: z.string(),
    name: z.string(),
    roles: z.array(RoleName),
    permissions: z.array(z.custom<Permission>((it) => typeof it === 'string').meta({ type: 'string' })),
    project: Key.optional(),
    environment: Key.optional(),
  })
  .meta({ id: 'Identity' })
export type Identity = z.infer<typeof Identity>

export const accessOperations = {
  whoAmI: operation({
    method: 'GET',
    path: '/api/v1/whoami',
    summary: 'Show whose token this is and what it allows.',
    can: 'self:read',
    success: { status: 200, body: Identity },
  }),
  listPeople: operation({
    method: 'GET',
    path: '/api/v1/people',
    summary: 'List the people.',
    can: 'project:read',
    success: { status: 200, body: list(Person) },
  }),
  createPerson: operation({
    method: 'POST',
    path: '/api/v1/people',
    summary: 'Add a person with roles.',
    can: 'access:write',
    body: NewPerson,
    success: { status: 201, body: Person },
    idempotent: true,
  }),
  changeRoles: operation({
    method: 'PUT',
    path: '/api/v1/people/{person}/roles',
    summary: 'Give a person other roles; tokens and sessions have them at once.',
    can: 'access:write',
    params: z.strictObject({ person: Key }),
    body: ChangedRoles,
    success: { status: 200, body: Person },
  }),
  createToken: operation({
    method: 'POST',
    path: '/api/v1/people/{person}/tokens',
    summary: 'Make a personal token; it is shown once.',
    can: 'access:write',
    params: z.strictObject({ person: Key }),
    body: NewToken,
    success: { status: 201, body: IssuedToken },
    idempotent: true,
    showsOnce: 'token',
  }),
  revokeToken: operation({
    method: 'DELETE',
    path: '/api/v1/tokens/{token}',
    summary: 'Revoke a personal token.',
    can: 'access:write',
    params: z.strictObject({ token: Id }),
    success: { status: 204 },
  }),
  listKeys: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/keys',
    summary: 'List the SDK keys of a project.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: list(SdkKey) },
  }),
  createKey: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/keys',
    summary: 'Make an SDK key for one environment; it is shown once.',
    can: 'access:write',
    params: ProjectPath,
    body: NewKey,
    success: { status: 201, body: IssuedKey },
    idempotent: true,
    showsOnce: 'key',
  }),
  listServiceTokens: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/service-tokens',
    summary: 'List the tokens of automations.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: list(ServiceToken) },
  }),
  createServiceToken: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/service-tokens',
    summary:
      'Make a token for an automation: it may do the work of a run and never decides or approves. Shown once.',
    can: 'access:write',
    params: ProjectPath,
    body: NewServiceToken,
    success: { status: 201, body: IssuedToken },
    idempotent: true,
    showsOnce: 'token',
  }),
  revokeServiceToken: operation({
    method: 'DELETE',
    path: '/api/v1/projects/{project}/service-tokens/{token}',
    summary: 'Revoke the token of an automation.',
    can: 'access:write',
    params: z.strictObject({ project: Key, token: Id }),
    success: { status: 204 },
  }),
  revokeKey: operation({
    method: 'DELETE',
    path: '/api/v1/projects/{project}/keys/{sdkKey}',
    summary: 'Revoke an SDK key.',
    can: 'access:write',
    params: z.strictObject({ project: Key, sdkKey: Id }),
    success: { status: 204 },
  }),
}
