/**
 * The documents of a run: read, published to the documentation repository, exported with everything
 * that proves them.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

const part = /^[A-Za-z0-9_][A-Za-z0-9 ._-]{0,99}$/

/** A path inside a repository: never out of it, never into git's own folder. */
const RepositoryPath = z
  .string()
  .min(1)
  .max(500)
  .refine(
    (path) => path.split('/').every((it) => part.test(it) && !/\.git$/i.test(it) && !it.endsWith('.')),
    'Use a path of folders with letters, digits, space, ., _ and -, like docs/features.',
  )
  .describe('A path inside the repository, with / between and none at its ends.')

const Branch = z
  .string()
  .max(200)
  .regex(
    /^(?!.*(?:\.\.|\/\/|\/\.|\.lock(?:\/|$)))[A-Za-z0-9][A-Za-z0-9._/-]*(?<![./])$/,
    'Use the name of a branch, like main.',
  )

export const WriteDocumentation = z
  .strictObject({
    remote: z
      .string()
      .max(500)
      .regex(/^(https?|ssh|file):\/\/[\x21-\x7e]+$/, 'Use an https, ssh, http or file address.')
      .exactOptional()
      .describe(
        "Address of the repository, without a password. Absent: the built-in one in the server's data directory.",
      ),
    branch: Branch.default('main'),
    path: RepositoryPath.default('features').describe('Folder of the documents; each feature has one in it.'),
    runbooks: z
      .array(RepositoryPath)
      .max(20)
      .default([])
      .describe('Files of yours in the repository that get a managed section for each feature.'),
  })
  .meta({ id: 'WriteDocumentation' })
export type WriteDocumentation = z.infer<typeof WriteDocumentation>

export const Documentation = z
  .strictObject({
    remote: z.string().nullable().describe('Null: the built-in repository.'),
    branch: z.string(),
    path: z.string(),
    runbooks: z.array(z.string()),
    revision: z.int().min(0).describe('0 while nobody has set anything.'),
  })
  .meta({ id: 'Documentation' })
export type Documentation = z.infer<typeof Documentation>

export const Publication = z
  .strictObject({
    id: z.string(),
    run: z.string(),
    kind: z
      .enum(['documents', 'records'])
      .describe('`records`: approval and exit records for documents that are there already.'),
    state: z.enum(['accepted', 'publishing', 'published', 'failed']),
    progress: z.string().describe('What it does or waits for, in a sentence.'),
    attempts: z.int(),
    requestedBy: z.string(),
    requestedAt: Instant,
    endedAt: Instant.nullable(),
    remote: z.string().nullable(),
    branch: z.string().nullable(),
    path: z.string().nullable(),
    commit: z.string().nullable(),
    revision: z.int().nullable().describe('Counts the different bundles of the run that were published.'),
    bundleHash: z.string().nullable(),
    runbooks: z.array(z.string()),
    auditHead: z.strictObject({ count: z.int(), hash: z.string() }).nullable(),
  })
  .meta({ id: 'Publication' })
export type Publication = z.infer<typeof Publication>

const DocumentLine = z.strictObject({
  name: z.string(),
  title: z.string(),
  state: z
    .enum(['incomplete', 'not_published', 'published', 'stale', 'record'])
    .describe('`stale`: what is configured differs from what was published. `record`: not in the bundle.'),
  hash: z.string().describe('SHA-256 of the body as it would be published now.'),
  publishedHash: z.string().nullable(),
  findings: z.array(z.string()).describe('What is missing or empty in it.'),
})

export const Documents = z
  .strictObject({
    items: z.array(DocumentLine),
    drift: z.array(z.string()).describe('Where what is configured differs from what was published.'),
    publication: Publication.nullable().describe('The last one that was asked for.'),
  })
  .meta({ id: 'Documents' })
export type Documents = z.infer<typeof Documents>

const ofRun = z.strictObject({ project: Key, run: Id })
const runs = '/api/v1/projects/{project}/runs/{run}'

export const documentOperations = {
  showDocumentation: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/documentation',
    summary: 'Where the documents of a project are published.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: Documentation },
  }),
  writeDocumentation: operation({
    method: 'PUT',
    path: '/api/v1/projects/{project}/documentation',
    summary: 'Set the repository, branch and folder that documents are published to.',
    can: 'project:write',
    params: ProjectPath,
    body: WriteDocumentation,
    ifMatch: 'optional',
    success: { status: 200, body: Documentation },
  }),
  listDocuments: operation({
    method: 'GET',
    path: `${runs}/documents`,
    summary: 'The documents of a run: complete or not, published, drifted.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: Documents },
  }),
  showDocument: operation({
    method: 'GET',
    path: `${runs}/documents/{document}`,
    summary: 'One document as Markdown, or with format=json as a tree for machines.',
    can: 'procedure:read',
    params: ofRun.extend({ document: Line }),
    query: z.strictObject({ format: z.enum(['markdown', 'json']).optional() }),
    success: { status: 200, media: 'text' },
  }),
  publishDocuments: operation({
    method: 'POST',
    path: `${runs}/documents/publish`,
    summary: 'Publish the documents. The answer is the accepted job; look at it until it has ended.',
    can: 'procedure:write',
    params: ofRun,
    success: { status: 202, body: Publication },
  }),
  listPublications: operation({
    method: 'GET',
    path: `${runs}/publications`,
    summary: 'The publications of a run, newest first.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: list(Publication) },
  }),
  showPublication: operation({
    method: 'GET',
    path: `${runs}/publications/{publication}`,
    summary: 'How far a publication has got.',
    can: 'procedure:read',
    params: ofRun.extend({ publication: Id }),
    success: { status: 200, body: Publication },
  }),
  exportBundle: operation({
    method: 'GET',
    path: `${runs}/bundle/export`,
    summary: 'A zip with bundle, documents, evidence, approvals and audit chain, to be verified offline.',
    can: 'audit:read',
    params: ofRun,
    success: { status: 200, media: 'zip' },
  }),
}
