/** People, their passwords and sessions, tokens, SDK keys and invitations. Of a secret only a hash is stored. */
import type { Permission, Role } from '@flagmarshal/domain/access/permission'
import type { ProofMethod } from '@flagmarshal/domain/access/proof'
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

export interface AccessTables {
  people: {
    id: string
    name: string
    email: string | null
    roles: Role[]
    created_at: Instant
    /** Since when the person is let in no more. */
    disabled_at: Generated<Date | null>
    erased_at: Generated<Date | null>
  }
  /** Roles in one project, or in one environment of it. */
  grants: {
    person: string
    role: Role
    project: string
    environment: string | null
    granted_at: Instant
    granted_by: string
  }
  service_accounts: {
    project: string
    key: string
    name: string
    kind: 'service' | 'agent'
    created_at: Instant
    created_by: string
    removed_at: Instant | null
  }
  tokens: {
    id: string
    /** SHA-256 of the token, in hex. */
    hash: string
    kind: 'user' | 'session' | 'service' | 'agent' | 'server' | 'web' | 'edge'
    name: string
    /** The person of a `user` token or a session. */
    person: string | null
    /** A subset of the person's roles; null means all that the person has. */
    roles: Role[] | null
    /** Project and environment of an SDK key; how far the token of somebody else reaches. */
    project: string | null
    environment: string | null
    created_at: Instant
    expires_at: Instant | null
    revoked_at: Instant | null
    /** The service account that acts with it. */
    account: Generated<string | null>
    /** It allows no more than these. */
    permissions: Generated<Permission[] | null>
    created_by: Generated<string | null>
    /** To the minute. */
    last_used_at: Generated<Date | null>
    /** The last time that its person showed who they are, and how. */
    proved_at: Generated<Date | null>
    proved_by: Generated<ProofMethod | null>
    /** Of a session: where it was opened from, and what the browser called itself. */
    address: Generated<string | null>
    browser: Generated<string | null>
    /** Of a session that was opened at the provider: where, and what it is called there. */
    issuer: Generated<string | null>
    provider_session: Generated<string | null>
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
  /** At most one row: the organisation has one sign-in. */
  identity_provider: {
    id: Generated<boolean>
    settings: JsonColumn
    /** Sealed; null for a public client. */
    secret: string | null
    revision: number
    changed_at: Instant
    changed_by: string
  }
  /** Who a subject of the provider is here. */
  identities: {
    issuer: string
    subject: string
    person: string
    linked_at: Instant
    /** Roles that the mapping gave. */
    mapped: JsonColumn
    seen_at: Instant | null
  }
  /** The state of each return that was taken, by its SHA-256. */
  spent_sign_ins: {
    state: string
    until: Instant
  }
}
