/** What `flagmarshal refs scan` found in a repository at one commit, for all flags at once. */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { CodeReference, Commit, Extinct } from './reference.ts'
import { Instant, Line, list } from './shapes.ts'

/** The code may ask what is no key of a flag here, however it looks. */
const AnyKey = z.string().min(1).max(200)

/** More than this is no scan of a repository but of everything. */
const LARGEST_SCAN_BYTES = 16 * 1024 * 1024

const Dynamic = z.strictObject({
  file: z.string().min(1).max(500),
  line: z.int().min(1).max(10_000_000),
  text: Line,
})

/** Replaces what the repository said before; flags that are not in it have no place there any more. */
export const WriteCodeScan = z
  .strictObject({
    repo: z.string().min(1).max(500),
    branch: Line.exactOptional(),
    sha: Commit,
    files: z.int().min(0).max(10_000_000).describe('Files that were searched.'),
    refs: z.array(CodeReference.extend({ flag: AnyKey })).max(50_000),
    dynamic: z
      .array(Dynamic)
      .max(1_000)
      .describe('Places that ask a flag whose key is only known while the code runs.'),
    extinctions: z.array(Extinct.extend({ flag: AnyKey })).max(5_000),
  })
  .meta({ id: 'WriteCodeScan' })
export type WriteCodeScan = z.infer<typeof WriteCodeScan>

export const CodeScan = z
  .strictObject({
    repo: z.string(),
    branch: z.string().nullable(),
    sha: z.string(),
    files: z.int(),
    flags: z
      .array(
        z.strictObject({
          flag: z.string(),
          known: z.boolean().describe('Whether the flag exists.'),
          backend: z.int(),
          frontend: z.int(),
          middleware: z.int(),
        }),
      )
      .describe('How many places of each layer name each flag.'),
    dynamic: z.array(Dynamic),
    at: Instant,
    by: z.string(),
  })
  .meta({ id: 'CodeScan' })
export type CodeScan = z.infer<typeof CodeScan>

const path = '/api/v1/projects/{project}/code-scans'

export const codeScanOperations = {
  writeCodeScan: operation({
    method: 'PUT',
    path,
    summary: 'Where the code of a repository asks flags; replaces all that it said before.',
    can: 'procedure:write',
    exposes: 'never',
    params: ProjectPath,
    body: WriteCodeScan,
    bodyBytes: LARGEST_SCAN_BYTES,
    success: { status: 200, body: CodeScan },
  }),
  listCodeScans: operation({
    method: 'GET',
    path,
    summary: 'The latest scan of each repository: places of each flag by layer.',
    can: 'procedure:read',
    params: ProjectPath,
    success: { status: 200, body: list(CodeScan) },
  }),
}
