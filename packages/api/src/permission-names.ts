/** The names of permissions on the wire; checked against the domain's list by the compiler. */
import type { Permission } from '@flagmarshal/domain/access/permission'
import { z } from 'zod'

const NAMES = {
  public: 'public',
  'self:read': 'self:read',
  'access:write': 'access:write',
  'project:read': 'project:read',
  'project:write': 'project:write',
  'flag:read': 'flag:read',
  'flag:write': 'flag:write',
  'flag:kill': 'flag:kill',
  'draft:decide': 'draft:decide',
  'procedure:read': 'procedure:read',
  'procedure:write': 'procedure:write',
  'procedure:decide': 'procedure:decide',
  'rollout:read': 'rollout:read',
  'rollout:pause': 'rollout:pause',
  'rollout:operate': 'rollout:operate',
  'audit:read': 'audit:read',
  'instance:read': 'instance:read',
  'snapshot:read': 'snapshot:read',
  'telemetry:write': 'telemetry:write',
  'flag:evaluate': 'flag:evaluate',
  'edge:serve': 'edge:serve',
} satisfies { [P in Permission]: P }

export const PermissionName = z.enum(NAMES).meta({ id: 'Permission' })
