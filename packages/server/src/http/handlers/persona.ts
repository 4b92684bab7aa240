/** Personas over HTTP. */
import type { personaOperations } from '@flagmarshal/api/persona'

import { deletePersona, listPersonas, savePersona } from '../../flag/personas.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof personaOperations> = {
  listPersonas: async ({ services, params }) =>
    replyList(await listPersonas(services.database, params.project)),

  savePersona: async ({ context, services, params, body }) =>
    reply(await savePersona(context, services.database, params, body)),

  deletePersona: async ({ context, services, params }) =>
    reply(await deletePersona(context, services.database, params)),
}
