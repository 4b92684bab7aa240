/** Hooks and their runs over HTTP. */
import type { hookOperations } from '@flagmarshal/api/hook'

import { changeHook, createHook, getHook, listHooks } from '../../hook/define.ts'
import { confirmHookRun, listHookRuns, showHookRun, tryHook } from '../../hook/request.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof hookOperations> = {
  listHooks: async ({ services, params }) => replyList(await listHooks(services.database, params.project)),

  createHook: async ({ context, services, params, body }) =>
    reply(await createHook(context, services, params.project, body)),

  getHook: async ({ services, params, query }) =>
    reply(await getHook(services.database, params, query.version)),

  changeHook: async ({ context, services, params, body, ifMatch }) =>
    reply(await changeHook(context, services, params, { ...body, ifMatch })),

  runHook: async ({ context, services, params, body }) =>
    reply(await tryHook(context, services.database, params, body)),

  listHookRuns: async ({ services, params }) => replyList(await listHookRuns(services.database, params)),

  showHookRun: async ({ services, params }) =>
    reply(await showHookRun(services.database, params.project, params.hookRun)),

  confirmHookRun: async ({ context, services, params, body }) =>
    reply(await confirmHookRun(context, services.database, params, body.plan)),
}
