/** Drafts over HTTP. */
import type { draftOperations } from '@flagmarshal/api/draft'

import { decideDraft, discardDraft, requestDraft } from '../../draft/decide.ts'
import { publishDraft } from '../../draft/publish.ts'
import { listDrafts, showDraft } from '../../draft/read.ts'
import { changeDraft, createDraft } from '../../draft/save.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof draftOperations> = {
  listDrafts: async ({ services, params, query }) => {
    const { all, flag, segment, environment } = query
    const kind = flag !== undefined ? 'flag' : segment === undefined ? undefined : 'segment'
    const filter = { open: all !== 'true', kind, subject: flag ?? segment, environment } as const
    return replyList(await listDrafts(services.database, params.project, filter))
  },

  createDraft: async ({ context, services, params, body }) =>
    reply(await createDraft(context, services, params.project, body)),

  showDraft: async ({ services, params }) => reply(await showDraft(services.database, params)),

  changeDraft: async ({ context, services, params, body, ifMatch }) =>
    reply(await changeDraft(context, services, params, { change: body, ifMatch })),

  requestDraft: async ({ context, services, params }) => reply(await requestDraft(context, services, params)),

  decideDraft: async ({ context, services, params, body }) =>
    reply(await decideDraft(context, services.database, params, body)),

  publishDraft: async ({ context, services, params }) => reply(await publishDraft(context, services, params)),

  discardDraft: async ({ context, services, params, body }) =>
    reply(await discardDraft(context, services.database, params, body.reason)),
}
