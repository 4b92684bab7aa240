/** People, their passwords and sessions, tokens, SDK keys and invitations. Of a secret only a hash is stored. */
import type { Role } from '@flagmarshal/domain/access/permission'
import type { ProofMethod } from '@flagmarshal/domain/access/proof'
import type { Generated } from 'kysely'

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
    kind: 'user' | 'session' | 'service' | 'server' | 'web'
    name: string
    /** The person of a `user` token or a session. */
    person: string | null
    /** A subset of the person's roles; null means all that the person has. */
    roles: Role[] | null
    /** The project of an automation; project and environment of an SDK key. */
    project: string | null
    environment: string | null
    created_at: Instant
    expires_at: Instant | null
    revoked_at: Instant | null
    /** The last time that its person showed who they are, and how. */
    proved_at: Generated<Date | null>
    proved_by: Generated<ProofMethod | null>
    /** Of a session: where it was opened from, and what the browser called itself. */
    address: Generated<string | null>
    browser: Generated<string | null>
  }
  second_factors: {
    person: string
    /** Sealed. */
    secret: string
    /** Time step of the last code that was taken (RFC 6238). */
    last_step: Generated<number>
    created_at: Instant
    confirmed_at: Instant | null
  }
  recovery_codes: {
    person: string
    /** SHA-256, in hex. */
    hash: string
    used_at: Instant | null
  }
  passwords: {
    person: string
    /** argon2id, in the PHC string format. */
    hash: string
    changed_at: Instant
  }
  invitations: {
    id: string
    /** SHA-256 of the link's secret, in hex. */
    hash: string
    /** Somebody known already who is to choose a password; null for somebody new. */
    person: string | null
    name: string | null
    email: string | null
    roles: Role[]
    created_by: string
    created_at: Instant
    expires_at: Instant
    used_at: Instant | null
    used_by: string | null
    revoked_at: Instant | null
  }
}
