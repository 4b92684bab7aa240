/** The schemas of configuration documents, over HTTP. */
import { configDocuments, configSchema, configSchemaFile } from '@flagmarshal/api/config-document'
import type { configDocumentOperations, ConfigKind } from '@flagmarshal/api/config-document'
import { PROJECT_SCHEMA_FILE, projectFileSchema } from '@flagmarshal/api/project-file'

import { notFound } from '../../refusals.ts'
import type { Handlers } from '../handler.ts'

const schemas = new Map([
  ...(Object.keys(configDocuments) as ConfigKind[]).map(
    (kind) => [configSchemaFile(kind), () => configSchema(kind)] as const,
  ),
  [PROJECT_SCHEMA_FILE, projectFileSchema] as const,
])

export const handlers: Handlers<typeof configDocumentOperations> = {
  getConfigSchema: ({ params: { file } }) => {
    const schema = schemas.get(file)
    return schema === undefined ? notFound('schema', file) : { body: schema() }
  },
}
