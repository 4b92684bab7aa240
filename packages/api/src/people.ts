/**
 * People over time on the wire: other names, roles in single places, those who leave; and the accounts
 * of automations, which have several tokens and no password.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Person, RoleName } from './person.ts'
import { ProjectPath } from './project.ts'
import { Instant, Key, Line, list } from './shapes.ts'

const PersonPath = z.strictObject({ person: Key })

export const NewGrant = z
  .strictObject({
    role: RoleName,
    project: Key,
    environment: Key.optional().describe('The role counts in this environment only.'),
  })
  .meta({ id: 'NewGrant' })
export type NewGrant = z.infer<typeof NewGrant>

export const ServiceAccount = z
  .strictObject({
    key: Key,
    name: Line,
    kind: z.enum(['service', 'agent']),
    createdAt: Instant,
    createdBy: z.string(),
    tokens: z.int().describe('That work now.'),
  })
  .meta({ id: 'ServiceAccount' })
export type ServiceAccount = z.infer<typeof ServiceAccount>

export const NewServiceAccount = z
  .strictObject({
    key: Key,
    name: Line,
    kind: z
      .enum(['service', 'agent'])
      .default('service')
      .describe('`agent`: it also switches nothing on, in no environment; it proposes and turns off.'),
  })
  .meta({ id: 'NewServiceAccount' })
export type NewServiceAccount = z.infer<typeof NewServiceAccount>

const changed = { status: 200, body: Person } as const

export const peopleOperations = {
  changePerson: operation({
    method: 'PUT',
    path: '/api/v1/people/{person}',
    summary: 'Give a person another name or e-mail address.',
    can: 'access:write',
    params: PersonPath,
    body: z.strictObject({ name: Line, email: z.email().max(254).nullable() }),
    success: changed,
  }),
  disablePerson: operation({
    method: 'POST',
    path: '/api/v1/people/{person}/disable',
    summary: 'Let somebody in no more: sessions and tokens stop working at once. What they signed stays.',
    can: 'access:write',
    params: PersonPath,
    success: changed,
  }),
  enablePerson: operation({
    method: 'POST',
    path: '/api/v1/people/{person}/enable',
    summary: 'Let somebody in again; their tokens work again, sessions are opened anew.',
    can: 'access:write',
    params: PersonPath,
    success: changed,
  }),
  erasePerson: operation({
    method: 'DELETE',
    path: '/api/v1/people/{person}',
    summary:
      'Remove a person: name, address, password, second factor, roles, tokens and sessions are deleted. The id stays as a pseudonym where they signed.',
    can: 'access:write',
    params: PersonPath,
    success: { status: 204 },
  }),
  grantRole: operation({
    method: 'POST',
    path: '/api/v1/people/{person}/grants',
    summary: 'Give a person a role in one project, or in one environment of it.',
    can: 'access:write',
    params: PersonPath,
    body: NewGrant,
    success: changed,
  }),
  withdrawRole: operation({
    method: 'POST',
    path: '/api/v1/people/{person}/grants/withdraw',
    summary: 'Take such a role away.',
    can: 'access:write',
    params: PersonPath,
    body: NewGrant,
    success: changed,
  }),
  listServiceAccounts: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/service-accounts',
    summary: 'List the accounts of automations.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: list(ServiceAccount) },
  }),
  createServiceAccount: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/service-accounts',
    summary:
      'Make an account for an automation: a name of its own in every record, and as many tokens as it needs.',
    can: 'access:write',
    params: ProjectPath,
    body: NewServiceAccount,
    success: { status: 201, body: ServiceAccount },
    idempotent: true,
  }),
  removeServiceAccount: operation({
    method: 'DELETE',
    path: '/api/v1/projects/{project}/service-accounts/{account}',
    summary: 'Remove it: its tokens stop working at once; what it wrote stays under its name.',
    can: 'access:write',
    params: z.strictObject({ project: Key, account: Key }),
    success: { status: 204 },
  }),
}
