/** Rollbacks over HTTP. */
import type { rollbackRunOperations } from '@flagmarshal/api/rollback-run'

import { listRollbacks } from '../../procedure/list-rollbacks.ts'
import { runRollbackHook } from '../../procedure/rollback-hooks.ts'
import { reviewRollback } from '../../procedure/rollback-report.ts'
import { doRollbackStep, showRollback } from '../../procedure/rollback-run.ts'
import { startRollback } from '../../procedure/start-rollback.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof rollbackRunOperations> = {
  startRollback: async ({ context, services, params, body }) =>
    reply(await startRollback(context, services, params, body.reason)),

  listRollbacks: async ({ services, params, query }) =>
    replyList(await listRollbacks(services.database, params.project, query.feature)),

  showRollback: async ({ context, services, params }) =>
    reply(await showRollback(context, services.database, { project: params.project, run: params.rollback })),

  doRollbackStep: async ({ context, services, params, body }) => {
    const key = { project: params.project, run: params.rollback, step: params.step }
    return reply(await doRollbackStep(context, services.database, key, body))
  },

  runRollbackHook: async ({ context, services, params, body }) => {
    const key = { project: params.project, run: params.rollback }
    return reply(await runRollbackHook(context, services.database, key, { part: params.part, ...body }))
  },

  reviewRollback: async ({ services, params }) =>
    reply(await reviewRollback(services.database, { project: params.project, run: params.rollback })),
}
