/**
 * The audit chains and the signals on the wire. One chain per project, one for the installation.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Instant, list, QueryNumber } from './shapes.ts'

export const AuditEntry = z
  .strictObject({
    seq: z.int().min(1).describe('Position in the chain, from 1, without gaps.'),
    at: Instant,
    actor: z.strictObject({ kind: z.string(), id: z.string(), name: z.string() }),
    action: z.string().describe('What was done: `noun.verb`.'),
    subject: z.strictObject({ kind: z.string(), id: z.string() }),
    before: z.unknown().describe('The subject before; null where there was none.'),
    after: z.unknown().describe('The subject afterwards; null where there is none any more.'),
    reason: z.string().nullable(),
    run: z.string().nullable().describe('The procedure run that this act belongs to.'),
    requestId: z.string(),
    previous: z.string().describe('Hash of the entry before; 64 zeros for the first.'),
    hash: z.string().describe('SHA-256 over the canonical JSON of the other fields and the chain, in hex.'),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>

export const Head = z
  .strictObject({ count: z.int().min(0), hash: z.string() })
  .describe('How many entries a chain has, and the hash of the last one.')
  .meta({ id: 'AuditHead' })

export const Anchor = z
  .strictObject({
    anchor: z
      .strictObject({ count: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) })
      .optional()
      .describe('A head that was noted earlier: finds a cut tail and a rewritten chain.'),
  })
  .meta({ id: 'AuditAnchor' })

export const Verification = z
  .strictObject({
    ok: z.boolean(),
    entries: z.int().min(0).describe('Entries that were read.'),
    head: Head.describe('The head as recomputed from the entries.'),
    firstBroken: z
      .strictObject({ seq: z.int(), problem: z.string() })
      .optional()
      .describe('The first place where the chain does not hold, and why.'),
  })
  .meta({ id: 'AuditVerification' })
export type Verification = z.infer<typeof Verification>

export const Signal = z
  .strictObject({
    id: z.string(),
    type: z.string().describe('CloudEvents type.'),
    subject: z.string(),
    time: Instant,
    data: z.unknown(),
    state: z
      .enum(['no_channel', 'pending', 'delivered', 'failed'])
      .describe('What came of it on the channels that take it; `failed` where one gave up.'),
  })
  .meta({ id: 'Signal' })
export type Signal = z.infer<typeof Signal>

const AuditQuery = z.strictObject({
  run: z
    .string()
    .max(60)
    .optional()
    .describe(
      'Only what belongs to this run and its flag; then `kind` may also be strategy, plan, approvals or flags.',
    ),
  after: QueryNumber.optional().describe('Only entries after this position.'),
  limit: QueryNumber.optional(),
  order: z
    .enum(['oldest', 'newest'])
    .optional()
    .describe('Which entry comes first: the oldest unless given. With a limit, `newest` reads the tail.'),
  kind: z.string().max(63).optional().describe('Only subjects of this kind.'),
  subject: z.string().max(200).optional().describe('Only the subject with this id.'),
})

export const auditOperations = {
  listAudit: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/audit',
    summary: 'Read the audit chain of a project.',
    can: 'audit:read',
    params: ProjectPath,
    query: AuditQuery,
    success: { status: 200, body: list(AuditEntry) },
  }),
  exportAudit: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/audit/export',
    summary: 'Export the audit chain of a project, one JSON object a line.',
    can: 'audit:read',
    params: ProjectPath,
    success: { status: 200, media: 'text' },
  }),
  verifyAudit: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/audit/verify',
    summary: 'Recompute the audit chain of a project and say where it breaks.',
    can: 'audit:read',
    params: ProjectPath,
    body: Anchor.optional(),
    success: { status: 200, body: Verification },
  }),
  listInstallationAudit: operation({
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'Read the audit chain of the installation: people, tokens, projects.',
    can: 'audit:read',
    query: AuditQuery,
    success: { status: 200, body: list(AuditEntry) },
  }),
  verifyInstallationAudit: operation({
    method: 'POST',
    path: '/api/v1/audit/verify',
    summary: 'Recompute the audit chain of the installation and say where it breaks.',
    can: 'audit:read',
    body: Anchor.optional(),
    success: { status: 200, body: Verification },
  }),
  listSignals: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/signals',
    summary: 'List the signals of a project, newest first.',
    can: 'audit:read',
    params: ProjectPath,
    query: z.strictObject({ limit: QueryNumber.optional() }),
    success: { status: 200, body: list(Signal) },
  }),
}
