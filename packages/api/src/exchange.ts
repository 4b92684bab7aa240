/**
 * Formats of other tools: what an environment serves as a flagd definition or an OpenFeature manifest.
 */
import { z } from 'zod'

import { FlagKind, FlagValue, Layer } from './flag-model.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { FlagKey, Instant, Key, Line, QueryNumber, Text } from './shapes.ts'

const ReportLine = z
  .strictObject({
    severity: z
      .enum(['HIGH', 'MEDIUM', 'LOW'])
      .describe(
        'HIGH: left out, or it would serve something else. MEDIUM: the same in all but named cases. LOW: good to know.',
      ),
    entity: z.string().describe('Like `flag checkout`.'),
    message: z.string(),
  })
  .meta({ id: 'ReportLine' })

const FlagdDefinition = z
  .strictObject({
    $schema: z.string(),
    metadata: z.record(z.string(), z.union([z.string(), z.number()])),
    flags: z.record(
      z.string(),
      z.strictObject({
        state: z.enum(['ENABLED', 'DISABLED']),
        variants: z.record(z.string(), FlagValue),
        defaultVariant: z.string().nullable(),
        targeting: z.json().optional().describe('JSONLogic with flagd’s operators.'),
      }),
    ),
  })
  .meta({ id: 'FlagdDefinition' })
export type FlagdDefinition = z.infer<typeof FlagdDefinition>

const ManifestType = z
  .enum(['boolean', 'string', 'integer', 'float', 'object'])
  .describe('A number flag is an integer where all of its variants are.')

const ManifestFlag = z.strictObject({
  key: z.string(),
  name: z.string(),
  type: ManifestType,
  description: z.string().optional(),
  defaultValue: FlagValue.describe('What is served while the flag is off.'),
})

const Manifest = z
  .strictObject({
    flags: z.array(ManifestFlag),
  })
  .meta({ id: 'Manifest' })
export type Manifest = z.infer<typeof Manifest>

const written = { name: Line.optional(), description: Text.optional() }

/** Others may know more of a flag than this; it is left aside. */
const NewManifestFlag = z
  .object({ key: FlagKey, type: ManifestType, defaultValue: FlagValue, ...written })
  .meta({ id: 'NewManifestFlag' })
export type NewManifestFlag = z.infer<typeof NewManifestFlag>

const ManifestFlagChange = z
  .object({ type: ManifestType.optional(), defaultValue: FlagValue.optional(), ...written })
  .meta({ id: 'ManifestFlagChange' })
export type ManifestFlagChange = z.infer<typeof ManifestFlagChange>

const StoredManifestFlag = z
  .strictObject({ flag: ManifestFlag, updatedAt: Instant })
  .meta({ id: 'StoredManifestFlag' })
export type StoredManifestFlag = z.infer<typeof StoredManifestFlag>

const ArchivedManifestFlag = z
  .strictObject({ message: z.string(), archivedAt: Instant })
  .meta({ id: 'ArchivedManifestFlag' })
export type ArchivedManifestFlag = z.infer<typeof ArchivedManifestFlag>

const ManifestFile = z
  .strictObject({
    $schema: z.string(),
    flags: z.record(
      z.string(),
      z.strictObject({
        flagType: ManifestType,
        defaultValue: FlagValue,
        description: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'ManifestFile' })

const Export = z
  .strictObject({
    document: z.union([FlagdDefinition, ManifestFile]),
    report: z.array(ReportLine).describe('What is not the same there; the worst first.'),
  })
  .meta({ id: 'Export' })
export type Export = z.infer<typeof Export>

const Import = z
  .strictObject({
    created: z.array(z.string()).describe('Keys of new flags.'),
    updated: z.array(z.string()).describe('Keys of flags whose values or configuration changed.'),
    unchanged: z.array(z.string()),
    segments: z
      .strictObject({
        created: z.array(z.string()),
        updated: z.array(z.string()),
        unchanged: z.array(z.string()),
      })
      .describe('The same of segments.'),
    total: z.int().describe('Segments and flags of the whole definition, taken or not.'),
    report: z.array(ReportLine).describe('What is not the same here; the worst first.'),
  })
  .meta({ id: 'Import' })
export type Import = z.infer<typeof Import>

/** A thousand flags of a tool that says much of each, and some room. */
const LARGEST_IMPORT_BYTES = 32 * 1024 * 1024

const ImportQuery = z.strictObject({
  format: z
    .enum(['flagd', 'growthbook', 'launchdarkly', 'goff', 'unleash'])
    .describe('`goff`: GO Feature Flag.'),
  environments: z
    .string()
    .regex(/^[^:,]{1,200}:[a-z0-9-]{1,63}$/, 'Write theirs:ours, like production:staging.')
    .describe('`theirs:ours`. Where a file has no environments, or only one, write `*` for theirs.'),
  owner: Line.describe('Who answers for new flags whose file names nobody.'),
  layer: Layer.default('backend').describe('Where new flags are read.'),
  kind: FlagKind.default('release').describe('Of new flags.'),
  dryRun: z.enum(['true', 'false']).default('false').describe('`true` stores nothing.'),
  skip: QueryNumber.optional().describe('Segments and flags to pass over, from the first one on.'),
  take: QueryNumber.optional().describe(
    'At most so many segments and flags, so that a long import is many short requests; all without it.',
  ),
})
export type ImportQuery = z.infer<typeof ImportQuery>

export const exchangeOperations = {
  importFlags: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/import',
    summary:
      'Import flags with the configuration of one environment, with a report of what is not the same here.',
    can: 'flag:write',
    params: ProjectPath,
    query: ImportQuery,
    bodyBytes: LARGEST_IMPORT_BYTES,
    body: z.record(z.string(), z.json()).describe('The definition, as it stands in the file.'),
    success: { status: 200, body: Import },
  }),
  getFlagdDefinition: operation({
    method: 'GET',
    path: '/api/v1/environments/{environment}/flagd.json',
    summary:
      'Download what the environment serves as a flagd definition, for the flagd daemon and in-process providers; 304 when If-None-Match names its revision.',
    can: 'snapshot:read',
    params: z.strictObject({ environment: Key }),
    success: { status: 200, body: FlagdDefinition },
  }),
  getManifest: operation({
    method: 'GET',
    path: '/openfeature/v0/manifest',
    summary: 'The flags of the environment of the key or token as an OpenFeature manifest (sync API v0).',
    can: 'snapshot:read',
    ofOwnProject: true,
    success: { status: 200, body: Manifest },
  }),
  createManifestFlag: operation({
    method: 'POST',
    path: '/openfeature/v0/manifest/flags',
    summary: 'Create a flag, off everywhere, as the OpenFeature CLI pushes it (sync API v0).',
    can: 'flag:write',
    exposes: 'never',
    ofOwnProject: true,
    body: NewManifestFlag,
    success: { status: 201, body: StoredManifestFlag },
  }),
  changeManifestFlag: operation({
    method: 'PUT',
    path: '/openfeature/v0/manifest/flags/{flag}',
    summary:
      'Change the name, the description or the default of a flag, as the OpenFeature CLI pushes it; never its type, and never whether it is on.',
    can: 'flag:write',
    ofOwnProject: true,
    params: z.strictObject({ flag: FlagKey }),
    body: ManifestFlagChange,
    success: { status: 200, body: StoredManifestFlag },
  }),
  archiveManifestFlag: operation({
    method: 'DELETE',
    path: '/openfeature/v0/manifest/flags/{flag}',
    summary: 'Archive a flag that is off everywhere, as the OpenFeature CLI deletes it.',
    can: 'flag:write',
    exposes: 'never',
    ofOwnProject: true,
    params: z.strictObject({ flag: FlagKey }),
    success: { status: 200, body: ArchivedManifestFlag },
  }),
  exportFlags: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/export',
    summary: 'Export what an environment serves, with a report of what is not the same there.',
    can: 'flag:read',
    params: ProjectPath,
    query: z.strictObject({
      format: z.enum(['flagd', 'manifest']).describe('`manifest`: the file of the OpenFeature CLI.'),
      environment: Key,
    }),
    success: { status: 200, body: Export },
  }),
}
