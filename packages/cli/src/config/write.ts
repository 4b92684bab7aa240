/** Documents as YAML: keys always in one order, long texts as blocks, so that the same project gives the same bytes. */
import { configSchemaFile } from '@flagmarshal/api/config-document'
import type { ConfigDocument } from '@flagmarshal/api/config-document'
import { fileOfKey } from '@flagmarshal/domain/flag/key'
import { stringify } from 'yaml'

const FOLDERS = {
  Environment: 'environments',
  Segment: 'segments',
  Flag: 'flags',
  Criteria: 'criteria',
  RolloutPlan: 'rollouts',
  Procedure: '.',
} as const satisfies Readonly<Record<ConfigDocument['kind'], string>>

/** The file that a document is exported to, below the folder of the configuration. */
export function fileOf({ kind, metadata }: ConfigDocument): string {
  return kind === 'Procedure' ? 'procedure.yaml' : `${FOLDERS[kind]}/${fileOfKey(metadata.name)}.yaml`
}

/** Where the schemas are written, below the folder of the configuration. */
export const SCHEMA_FOLDER = '.schema'

/** The text of a document; editors find its schema by the first line. */
export function textOf(document: ConfigDocument): string {
  const up = '../'.repeat(fileOf(document).split('/').length - 1)
  const schema = `# yaml-language-server: $schema=${up}${SCHEMA_FOLDER}/${configSchemaFile(document.kind)}`
  // Two equal objects are written twice: an alias would be read, but not understood.
  return `${schema}\n${stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 })}`
}
