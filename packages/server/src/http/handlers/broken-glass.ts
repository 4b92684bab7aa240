/** Going past gates in an emergency, over HTTP. */
import type { brokenGlassOperations } from '@flagmarshal/api/broken-glass'

import { breakGlass, listBrokenGlass, reviewBrokenGlass } from '../../procedure/break-glass.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof brokenGlassOperations> = {
  breakGlass: async ({ context, services, params, body }) =>
    reply(await breakGlass(context, services.database, params, body)),

  listBrokenGlass: async ({ services, params }) =>
    replyList(await listBrokenGlass(services.database, params)),

  reviewBrokenGlass: async ({ context, services, params, body }) =>
    reply(await reviewBrokenGlass(context, services.database, params, body.note)),
}
