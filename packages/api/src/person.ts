/** A person on the wire. */
import type { Role } from '@flagmarshal/domain/access/permission'
import { z } from 'zod'

import { Instant, Key, Line } from './shapes.ts'

const ROLE_NAMES = {
  administrator: 'administrator',
  'technical-lead': 'technical-lead',
  'operations-lead': 'operations-lead',
  'product-owner': 'product-owner',
  developer: 'developer',
  viewer: 'viewer',
} satisfies { [R in Role]: R }

export const RoleName = z.enum(ROLE_NAMES).meta({ id: 'Role' })

export const Grant = z
  .strictObject({ role: RoleName, project: Key, environment: Key.nullable() })
  .meta({ id: 'Grant' })

export const NewPerson = z
  .strictObject({
    id: Key,
    name: Line,
    email: z.email().max(254).optional(),
    roles: z
      .array(RoleName)
      .max(6)
      .describe('Everywhere. Empty for somebody who is to have roles in single projects only.'),
  })
  .meta({ id: 'NewPerson' })
export type NewPerson = z.infer<typeof NewPerson>

export const Person = z
  .strictObject({
    ...NewPerson.shape,
    createdAt: Instant,
    grants: z.array(Grant).describe('Roles in single projects or environments.'),
    disabledAt: Instant.nullable().describe('Since when they are let in no more.'),
  })
  .meta({ id: 'Person' })
export type Person = z.infer<typeof Person>
