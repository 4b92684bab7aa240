/** Documents, their publication and the bundle's export over HTTP. */
import type { documentOperations, Publication } from '@flagmarshal/api/document'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { exportBundle } from '../../runbook/export-bundle.ts'
import { listPublications, requestPublication, showPublication } from '../../runbook/request-publication.ts'
import { showDocumentation, writeDocumentation } from '../../runbook/settings.ts'
import { listDocuments, showDocument } from '../../runbook/show-documents.ts'
import { reply, replyList } from '../handler.ts'
import type { BodyAnswer, Handlers } from '../handler.ts'

const MEDIA = {
  markdown: 'text/markdown; charset=utf-8',
  json: 'application/json; charset=utf-8',
} as const

export const handlers: Handlers<typeof documentOperations> = {
  showDocumentation: async ({ services, params }) =>
    reply(await showDocumentation(services.database, params.project)),

  writeDocumentation: async ({ context, services, params, body, ifMatch }) => {
    const given = { wanted: body, ifMatch, faultOf: (address: string) => services.documents.faultOf(address) }
    return reply(await writeDocumentation(context, services.database, params.project, given))
  },

  listDocuments: async ({ context, services, params }) =>
    reply(await listDocuments(context, services.database, params)),

  showDocument: async ({ context, services, params, query }) => {
    const format = query.format ?? 'markdown'
    const body = await showDocument(context, services.database, { ...params, format })
    return isRefusal(body) ? body : { body, contentType: MEDIA[format] }
  },

  publishDocuments: async ({ context, services, params }) =>
    plain(await requestPublication(context, services.database, params)),

  listPublications: async ({ services, params }) =>
    replyList(await listPublications(services.database, params)),

  showPublication: async ({ services, params }) => plain(await showPublication(services.database, params)),

  exportBundle: async ({ context, services, params }) => {
    const body = await exportBundle(context, services.database, params)
    return isRefusal(body) ? body : { body, contentType: 'application/zip' }
  },
}

/** Without an ETag: the revision of a publication counts bundles, not its own changes. */
function plain(result: Publication | Refusal): Refusal | BodyAnswer<Publication> {
  return isRefusal(result) ? result : { body: result }
}
