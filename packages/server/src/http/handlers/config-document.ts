/** The schemas of configuration documents, over HTTP. */
import { configDocuments, configSchema, configSchemaFile } from '@flagmarshal/api/config-document'
import type { configDocumentOperations, ConfigKind } from '@flagmarshal/api/config-document'

import { notFound } from '../../refusals.ts'
import type { Handlers } from '../handler.ts'

const schemas = new Map(
  (Object.keys(configDocuments) as ConfigKind[]).map((kind) => [configSchemaFile(kind), kind]),
)

export const handlers: Handlers<typeof configDocumentOperations> = {
  getConfigSchema: ({ params: { file } }) => {
    const kind = schemas.get(file)
    return kind === undefined ? notFound('schema', file) : { body: configSchema(kind) }
  },
}
