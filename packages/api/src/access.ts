/**
 * Who may call: people, their tokens, and the keys of SDKs, on the wire.
 */
import type { Permission, TokenKind } from '@flagmarshal/domain/access/permission'
import { z } from 'zod'

import { operation } from './operation.ts'
import { PermissionName } from './permission-names.ts'
import { Grant, NewPerson, Person, RoleName } from './person.ts'
import { ProjectPath } from './project.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

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

/** How far a token reaches, beside what its owner may. */
const REACH = {
  environment: Key.optional().describe('It writes in this environment of its project only.'),
  permissions: z.array(PermissionName).min(1).max(20).optional().describe('It allows no more than these.'),
}

export const NewToken = z
  .strictObject({
    name: Line,
    roles: z.array(RoleName).min(1).max(6).optional().describe('A subset of the roles of the person.'),
    project: Key.optional().describe('It is for this project only.'),
    ...REACH,
    expiresInDays: z.int().min(1).max(365).default(90),
  })
  .meta({ id: 'NewToken' })
export type NewToken = z.infer<typeof NewToken>

export const IssuedToken = z
  .strictObject({ id: Id, token: z.string().describe('Shown once.'), expiresAt: Instant })
  .meta({ id: 'IssuedToken' })
export type IssuedToken = z.infer<typeof IssuedToken>

/** What kind of key: with `server` an SDK downloads the rules, `web` may only evaluate, `edge` serves those that have either. */
export const KeyKind = z.enum(['server', 'web', 'edge'])

export const NewKey = z.strictObject({ kind: KeyKind, environment: Key, name: Line }).meta({ id: 'NewKey' })
export type NewKey = z.infer<typeof NewKey>

export const IssuedKey = z
  .strictObject({ id: Id, key: z.string().describe('Shown once.') })
  .meta({ id: 'IssuedKey' })
export type IssuedKey = z.infer<typeof IssuedKey>

export const RotatedKey = z
  .strictObject({ ...IssuedKey.shape, previousEndsAt: Instant.describe('The old key works until then.') })
  .meta({ id: 'RotatedKey' })
export type RotatedKey = z.infer<typeof RotatedKey>

export const SdkKey = z
  .strictObject({
    id: Id,
    kind: KeyKind,
    environment: Key,
    name: Line,
    createdAt: Instant,
    createdBy: z.string().nullable(),
    lastUsedAt: Instant.nullable().describe('To the minute; null for never.'),
    endsAt: Instant.nullable().describe('It was replaced, and works until then.'),
  })
  .meta({ id: 'SdkKey' })
export type SdkKey = z.infer<typeof SdkKey>

export const NewServiceToken = z
  .strictObject({
    name: Line.describe('The automation, or what the token of an account is for.'),
    account: Key.optional().describe(
      'The service account that acts with it; without one the token stands for itself.',
    ),
    kind: z
      .enum(['service', 'agent'])
      .default('service')
      .describe('That of the account, where there is one.'),
    ...REACH,
    expiresInDays: z.int().min(1).max(365).default(90),
  })
  .meta({ id: 'NewServiceToken' })
export type NewServiceToken = z.infer<typeof NewServiceToken>

export const ServiceToken = z
  .strictObject({
    id: Id,
    name: Line,
    kind: z.enum(['service', 'agent']),
    account: Key.nullable(),
    environment: Key.nullable(),
    permissions: z.array(PermissionName).nullable(),
    createdAt: Instant,
    createdBy: z.string().nullable(),
    lastUsedAt: Instant.nullable(),
    expiresAt: Instant,
  })
  .meta({ id: 'ServiceToken' })
export type ServiceToken = z.infer<typeof ServiceToken>

const ACTOR_KINDS = [
  'user',
  'admin',
  'service',
  'agent',
  'server',
  'web',
  'edge',
] as const satisfies readonly TokenKind[]

export const Identity = z
  .strictObject({
    kind: z.enum(ACTOR_KINDS).describe('The kind of the token.'),
    id: z.string(),
    name: z.string(),
    roles: z.array(RoleName),
    permissions: z.array(z.custom<Permission>((it) => typeof it === 'string').meta({ type: 'string' })),
    grants: z.array(Grant).describe('Roles in single projects or environments.'),
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
  rotateKey: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/keys/{sdkKey}/rotate',
    summary: 'Replace an SDK key: the new one is shown once, the old one works for a while longer.',
    can: 'access:write',
    params: z.strictObject({ project: Key, sdkKey: Id }),
    body: z.strictObject({
      overlapHours: z.int().min(0).max(2160).default(168).describe('How long the old one still works.'),
    }),
    success: { status: 201, body: RotatedKey },
    idempotent: true,
    showsOnce: 'key',
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
