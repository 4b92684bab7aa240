/** The files that `flagmarshal init` writes, by their names. Each is one that its reader accepts. */
import { CONFIG_VERSION, configSchema, configSchemaFile } from '@flagmarshal/api/config-document'
import { PROJECT_SCHEMA_FILE, projectFileSchema } from '@flagmarshal/api/project-file'
import { stringify } from 'yaml'

import { SCHEMA_FOLDER } from '../config/write.ts'
import { FOLDER, PROJECT_FILE } from '../project-file.ts'
import type { Pipeline, Template } from './detect.ts'
import { githubWorkflow, gitlabJob } from './pipeline.ts'

/** What was settled. */
export interface Settled {
  readonly project: string
  readonly owner: string
  readonly flag: string
  readonly template: Template
  readonly pipeline: Pipeline
  /** The composite action, as a workflow names it. */
  readonly action: string
}

const LAYERS: Readonly<Record<Template, readonly string[]>> = {
  backend: ['backend'],
  frontend: ['frontend'],
  fullstack: ['backend', 'frontend'],
}

/** The manifest that OpenFeature's tools and `codegen` read. */
export const MANIFEST = 'flags.json'

const MANIFEST_SCHEMA =
  'https://raw.githubusercontent.com/open-feature/cli/refs/heads/main/schema/v0/flag-manifest.json'

/** Everything that is written, names and texts. `manifest` is the one that is there. */
export function filesOf(it: Settled, manifest: object | undefined): ReadonlyMap<string, string> {
  const schemas = (['Flag', 'Criteria'] as const).map(
    (kind) => [configSchemaFile(kind), configSchema(kind)] as const,
  )
  return new Map([
    [`${FOLDER}/${PROJECT_FILE}`, projectFile(it)],
    [`${FOLDER}/flags/${it.flag}.yaml`, flagFile(it)],
    [`${FOLDER}/rollouts/criteria.yaml`, criteriaFile()],
    [`${FOLDER}/${SCHEMA_FOLDER}/${PROJECT_SCHEMA_FILE}`, json(projectFileSchema())],
    ...schemas.map(
      ([file, schema]) => [`${FOLDER}/${SCHEMA_FOLDER}/${file}`, json(schema)] as [string, string],
    ),
    [MANIFEST, json(withFlag(manifest, it.flag))],
    ...pipelineFiles(it),
  ])
}

function projectFile({ project }: Settled): string {
  return document(`./${SCHEMA_FOLDER}/${PROJECT_SCHEMA_FILE}`, {
    apiVersion: CONFIG_VERSION,
    kind: 'Project',
    metadata: { name: project },
  })
}

function flagFile({ flag, owner, template }: Settled): string {
  return document(`../${SCHEMA_FOLDER}/flag.json`, {
    apiVersion: CONFIG_VERSION,
    kind: 'Flag',
    metadata: { name: flag },
    spec: { owner, layers: LAYERS[template] },
  })
}

/** What most rollouts are stopped by; a plan takes it with `criteria: [{from: failed-requests}]`. */
function criteriaFile(): string {
  return document(`../${SCHEMA_FOLDER}/criteria.json`, {
    apiVersion: CONFIG_VERSION,
    kind: 'Criteria',
    metadata: { name: 'failed-requests' },
    spec: {
      description:
        'The share of failed requests, as the SDKs count them. A plan takes it with {from: failed-requests}.',
      criteria: [
        {
          id: 'errors',
          role: 'guardrail',
          source: { kind: 'telemetry', counts: 'bad' },
          ceiling: 0.02,
          onFail: 'roll-back',
        },
      ],
    },
  })
}

function pipelineFiles({ pipeline, project, action }: Settled): readonly [string, string][] {
  if (pipeline === 'github')
    return [['.github/workflows/flagmarshal-gate.yml', githubWorkflow({ project, action })]]
  return pipeline === 'gitlab' ? [['.gitlab/flagmarshal-gate.yml', gitlabJob({ project })]] : []
}

/** A manifest with the flag in it; whatever else stands in it stays. */
function withFlag(manifest: object = { $schema: MANIFEST_SCHEMA }, flag: string): object {
  const flags: unknown = 'flags' in manifest ? manifest.flags : {}
  const known: object = typeof flags === 'object' && flags !== null ? flags : {}
  if (Object.hasOwn(known, flag)) return manifest
  return { ...manifest, flags: { ...known, [flag]: { flagType: 'boolean', defaultValue: false } } }
}

function document(schema: string, content: object): string {
  return `# yaml-language-server: $schema=${schema}\n${stringify(content)}`
}

function json(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`
}
