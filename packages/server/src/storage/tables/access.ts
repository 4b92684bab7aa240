/** People, personal tokens and SDK keys. Of a token only its SHA-256 is stored. */
import type { Role } from '@flagmarshal/domain/access/permission'

import type { Instant } from '../column.ts'

export interface AccessTables {
  people: {
    id: string
    name: string
    email: string | null
    roles: Role[]
    created_at: Instant
  }
  tokens: {
    id: string
    /** SHA-256 of the token, in hex. */
    hash: string
    kind: 'user' | 'service' | 'server' | 'web'
    name: string
    /** The person of a `user` token. */
    person: string | null
    /** A subset of the person's roles; null means all that the person has. */
    roles: Role[] | null
    /** The project of an automation; project and environment of an SDK key. */
    project: string | null
    environment: string | null
    created_at: Instant
    expires_at: Instant | null
    revoked_at: Instant | null
  }
}
