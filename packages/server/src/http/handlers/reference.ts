/** Uploads and code references over HTTP. */
import type { referenceOperations } from '@flagmarshal/api/reference'

import { listReferences, writeReferences } from '../../reference/code-references.ts'
import { createUpload, showUpload } from '../../reference/uploads.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof referenceOperations> = {
  createUpload: async ({ context, services, params, body }) =>
    reply(await createUpload(context, services.database, params.project, body)),

  showUpload: async ({ services, params }) =>
    reply(await showUpload(services.database, params.project, params.hash)),

  writeReferences: async ({ context, services, params, body }) =>
    reply(await writeReferences(context, services.database, params, body)),

  listReferences: async ({ services, params }) => replyList(await listReferences(services.database, params)),
}
