/**
 * Drafts on the wire: changes of what a protected environment serves, outside a procedure, that others
 * approve before they are published.
 */
import { z } from 'zod'

import { Condition, VariantValue } from './flag-model.ts'
import { FlagConfig, FlagConfigChange } from './flag.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { SegmentConfig, SegmentContent } from './segment.ts'
import { FlagKey, Id, Instant, Key, Line, list, Revision, Text } from './shapes.ts'

const Hash = z.string().regex(/^[0-9a-f]{64}$/, 'Use the hash of the draft: 64 hexadecimal digits.')

export const NewDraft = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('flag'),
      flag: FlagKey,
      environment: Key,
      why: Text,
      config: FlagConfigChange,
    }),
    z.strictObject({
      kind: z.literal('segment'),
      segment: FlagKey,
      environment: Key,
      why: Text,
      content: SegmentContent,
    }),
  ])
  .describe('A change of a flag or of a segment in one protected environment, and why.')
  .meta({ id: 'NewDraft' })
export type NewDraft = z.infer<typeof NewDraft>

export const DraftChange = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('flag'), why: Text.optional(), config: FlagConfigChange }),
    z.strictObject({ kind: z.literal('segment'), why: Text.optional(), content: SegmentContent }),
  ])
  .describe(
    'The whole content, on top of what is live now. Approvals of another content stay visible as stale.',
  )
  .meta({ id: 'DraftChange' })
export type DraftChange = z.infer<typeof DraftChange>

const Behind = {
  segments: z
    .record(FlagKey, z.int())
    .describe('Revisions of the segments that conditions lead to: another one puts the draft behind.'),
}
const FlagContent = z.strictObject({
  ...FlagConfig.pick({ enabled: true, offVariant: true, prerequisites: true, rules: true, fallthrough: true })
    .shape,
  variants: z.record(z.string(), VariantValue).describe('Their values.'),
  ...Behind,
})
const Members = z.strictObject({
  when: Condition.exactOptional(),
  ...SegmentConfig.pick({ include: true, exclude: true }).shape,
  ...Behind,
})
const Content = z
  .union([FlagContent, Members])
  .describe(
    'Of a flag {enabled, offVariant, rules, fallthrough, variants}, of a segment {when, include, exclude}.',
  )

const Roles = z.array(z.string())

const Summary = {
  id: Id,
  environment: Key,
  subject: z.strictObject({ kind: z.enum(['flag', 'segment']), key: FlagKey }),
  why: z.string(),
  state: z.enum(['draft', 'waiting', 'changes_requested', 'approved', 'published', 'discarded']),
  behind: z.boolean().describe('What is live has changed since the draft was saved: save it again.'),
  hash: z.string().describe('Of the content; requests and verdicts are bound to it.'),
  revision: Revision,
  createdBy: z.string(),
  createdAt: Instant,
  changedBy: z.string(),
  changedAt: Instant,
  contributors: z.array(z.string()).describe('Everybody who has saved it. They never approve it.'),
  approvals: z
    .array(z.strictObject({ roles: Roles, by: z.string().nullable() }))
    .describe('The approvals that the policy asks for, each of another person.'),
  waitsFor: z.array(z.string()).describe('People who can act now.'),
}

export const DraftSummary = z.strictObject(Summary).meta({ id: 'DraftSummary' })
export type DraftSummary = z.infer<typeof DraftSummary>

export const Draft = z
  .strictObject({
    ...Summary,
    requested: z
      .strictObject({ by: z.string(), at: Instant })
      .nullable()
      .describe('Who has asked for the approval of this content.'),
    verdicts: z.array(
      z.strictObject({
        by: z.string(),
        roles: Roles.describe('What the person held of the roles that count.'),
        verdict: z.enum(['approved', 'changes_requested']),
        hash: z.string(),
        stale: z.boolean().describe('It was about another content and counts no more.'),
        comment: z.string().nullable(),
        at: Instant,
      }),
    ),
    authors: z
      .array(z.string())
      .describe('Whoever changed what is live since a draft was last published; they do not approve either.'),
    raises: z.boolean().describe('Whether publishing may expose somebody who is not exposed now.'),
    approved: z
      .strictObject({ draft: Id, by: z.array(z.string()), at: Instant, content: Content })
      .nullable()
      .describe('What was last published by an approved draft; null where nothing was.'),
    base: z.strictObject({ revision: Revision, content: Content }).describe('What the draft began from.'),
    live: z.strictObject({ revision: Revision, content: Content }),
    proposed: Content,
    closed: z
      .strictObject({
        by: z.string(),
        at: Instant,
        revision: Revision.nullable().describe('What publishing made of the live revision.'),
        reason: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Draft' })
export type Draft = z.infer<typeof Draft>

const DraftPath = z.strictObject({ ...ProjectPath.shape, draft: Id })
const path = '/api/v1/projects/{project}/drafts'

export const draftOperations = {
  listDrafts: operation({
    method: 'GET',
    path,
    summary: 'List the drafts of a project, newest first: the open ones unless all are asked for.',
    can: 'flag:read',
    params: ProjectPath,
    query: z.strictObject({
      all: z.enum(['true', 'false']).optional(),
      flag: FlagKey.optional(),
      segment: FlagKey.optional(),
      environment: Key.optional(),
    }),
    success: { status: 200, body: list(DraftSummary) },
  }),
  createDraft: operation({
    method: 'POST',
    path,
    summary: 'Save a change of a protected environment as a draft.',
    can: 'flag:write',
    exposes: 'never',
    params: ProjectPath,
    body: NewDraft,
    success: { status: 201, body: Draft },
    idempotent: true,
  }),
  showDraft: operation({
    method: 'GET',
    path: `${path}/{draft}`,
    summary: 'Show a draft with what was approved, what is live and what it proposes.',
    can: 'flag:read',
    params: DraftPath,
    success: { status: 200, body: Draft },
  }),
  changeDraft: operation({
    method: 'PUT',
    path: `${path}/{draft}`,
    summary: 'Save a draft anew, on top of what is live now.',
    can: 'flag:write',
    exposes: 'never',
    params: DraftPath,
    body: DraftChange,
    ifMatch: true,
    success: { status: 200, body: Draft },
  }),
  requestDraft: operation({
    method: 'POST',
    path: `${path}/{draft}/request`,
    summary: 'Ask for the approval of a draft.',
    can: 'flag:write',
    exposes: 'never',
    params: DraftPath,
    success: { status: 200, body: Draft },
  }),
  decideDraft: operation({
    method: 'POST',
    path: `${path}/{draft}/verdicts`,
    summary: 'Approve a draft by its hash, or ask for changes. By a person who had no hand in it.',
    can: 'draft:decide',
    signs: true,
    params: DraftPath,
    body: z.strictObject({
      verdict: z.enum(['approved', 'changes_requested']),
      hash: Hash,
      comment: Text.optional(),
    }),
    success: { status: 200, body: Draft },
  }),
  publishDraft: operation({
    method: 'POST',
    path: `${path}/{draft}/publish`,
    summary:
      'Make an approved draft live. Everything is looked at again; 412 where what is live has changed.',
    can: 'flag:write',
    params: DraftPath,
    success: { status: 200, body: Draft },
  }),
  discardDraft: operation({
    method: 'POST',
    path: `${path}/{draft}/discard`,
    summary: 'Give a draft up.',
    can: 'flag:write',
    exposes: 'never',
    params: DraftPath,
    body: z.strictObject({ reason: Line.optional() }),
    success: { status: 200, body: Draft },
  }),
}
