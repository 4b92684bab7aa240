/**
 * References: where something is kept that a procedure rests on, what is uploaded to be kept here,
 * and where code asks a flag.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { FlagKey, Instant, Key, Line, list } from './shapes.ts'

/** SHA-256, in hex. */
const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'Use the 64 hex digits of a SHA-256.')
  .describe('SHA-256, in hex.')

const Path = z.string().min(1).max(500)

/** Where something is kept. The references of inputs are looked at: when given, every hour, at each Go. */
export const Reference = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('url'), url: z.url() }),
    z.strictObject({
      kind: z.literal('git'),
      repository: z.string().min(1).max(500).describe('Address that git can fetch from.'),
      commit: Line.describe('Full hash of a commit; a branch or tag is followed, and a move is a change.'),
      path: Path.exactOptional(),
    }),
    z.strictObject({ kind: z.literal('jira'), issue: Line, url: z.url().exactOptional() }),
    z.strictObject({ kind: z.literal('upload'), hash: Sha256 }),
  ])
  .meta({ id: 'Reference' })
export type Reference = z.infer<typeof Reference>

/** The largest upload: 5 MiB. */
export const LARGEST_UPLOAD_BYTES = 5 * 1024 * 1024
/** The same in base64. */
const LARGEST_BASE64 = Math.ceil(LARGEST_UPLOAD_BYTES / 3) * 4

const TestResults = z
  .union([
    z.object({
      format: z.enum(['junit', 'ctrf']),
      total: z.int(),
      passed: z.int(),
      failed: z.int().describe('Failures, errors, and whatever else is no pass.'),
      skipped: z.int(),
      failing: z.array(z.string()).describe('Names of the first ones that failed.'),
    }),
    z.object({ unreadable: z.string() }),
  ])
  .meta({ id: 'TestResults' })

const Upload = z
  .object({
    hash: Sha256,
    name: z.string(),
    bytes: z.int(),
    at: Instant,
    by: z.string(),
    tests: TestResults.nullable().describe('What JUnit XML or CTRF JSON says; null for anything else.'),
  })
  .meta({ id: 'Upload' })
export type Upload = z.infer<typeof Upload>

/** What was seen at one reference of an input. */
export const Sighting = z
  .object({
    place: z.string(),
    of: z.string(),
    state: z.enum(['found', 'absent', 'unknown']),
    note: z.string().exactOptional(),
    hash: z.string().exactOptional(),
    bytes: z.int().exactOptional(),
    ms: z.int().exactOptional().describe('How long looking took, in milliseconds.'),
    tests: TestResults.exactOptional(),
    at: Instant,
  })
  .meta({ id: 'Sighting' })

export const CodeReference = z
  .strictObject({
    file: Path,
    line: z.int().min(1).max(10_000_000),
    alias: Line.exactOptional().describe('The name in the code, where it is not the key.'),
    layer: z.enum(['backend', 'frontend', 'middleware']),
    kind: z
      .enum(['call', 'accessor', 'mention', 'alias', 'text'])
      .exactOptional()
      .describe(
        '`call` and `accessor` ask the flag; `mention` and `alias` name it; `text` was found in a language without a syntax tree.',
      ),
    context: z.string().max(2_000).exactOptional().describe('The line and those around it.'),
  })
  .meta({ id: 'CodeReference' })

/** The full hash of a commit. */
export const Commit = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'Use the full hash of a commit.')

/** Where one repository asks a flag, at one commit. The next upload of the repository replaces it. */
const WriteReferences = z
  .strictObject({
    repo: z.string().min(1).max(500),
    branch: Line.exactOptional(),
    sha: Commit,
    refs: z.array(CodeReference).max(10_000),
  })
  .meta({ id: 'WriteReferences' })
export type WriteReferences = z.infer<typeof WriteReferences>

/** The commit that took away the last place that named a flag. */
export const Extinct = z
  .strictObject({ sha: Commit, at: z.iso.datetime({ offset: true }), file: Path })
  .meta({ id: 'Extinct' })

const CodeReferences = z
  .object({
    flag: z.string(),
    known: z.boolean().describe('Whether the flag exists.'),
    repo: z.string(),
    branch: z.string().nullable(),
    sha: z.string(),
    refs: z.array(CodeReference),
    extinct: Extinct.nullable().describe(
      'The commit that took the last place away, where a scan has found it.',
    ),
    at: Instant,
    by: z.string(),
  })
  .meta({ id: 'CodeReferences' })
export type CodeReferences = z.infer<typeof CodeReferences>

const inProject = z.strictObject({ project: Key })
const ofFlag = inProject.extend({ flag: FlagKey })
const uploads = '/api/v1/projects/{project}/uploads'
const references = '/api/v1/projects/{project}/flags/{flag}/references'

export const referenceOperations = {
  createUpload: operation({
    method: 'POST',
    path: uploads,
    summary: 'Keep a file of at most 5 MiB under the hash of its content; test results in it are read.',
    can: 'procedure:write',
    params: inProject,
    body: z
      .strictObject({
        name: Line.describe('Name of the file.'),
        content: z.string().max(LARGEST_BASE64, 'An upload is at most 5 MiB.').describe('In base64.'),
      })
      .meta({ id: 'CreateUpload' }),
    bodyBytes: LARGEST_BASE64 + 4096,
    success: { status: 201, body: Upload },
  }),
  showUpload: operation({
    method: 'GET',
    path: `${uploads}/{hash}`,
    summary: 'An upload, with its content in base64.',
    can: 'procedure:read',
    params: inProject.extend({ hash: Sha256 }),
    success: { status: 200, body: Upload.extend({ content: z.string() }).meta({ id: 'UploadContent' }) },
  }),
  writeReferences: operation({
    method: 'PUT',
    path: references,
    summary: 'Where the code of a repository asks a flag; none to a flag that does not exist passes step 2.',
    can: 'procedure:write',
    params: ofFlag,
    body: WriteReferences,
    success: { status: 200, body: CodeReferences },
  }),
  listReferences: operation({
    method: 'GET',
    path: references,
    summary: 'Where code asks a flag, by repository.',
    can: 'procedure:read',
    params: ofFlag,
    success: { status: 200, body: list(CodeReferences) },
  }),
} as const
