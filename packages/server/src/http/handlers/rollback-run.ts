/** Rollbacks over HTTP. */
import type { rollbackRunOperations } from '@flagmarshal/api/rollback-run'

import { doRollbackStep, showRollback } from '../../procedure/rollback-run.ts'
import { startRollback } from '../../procedure/start-rollback.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof rollbackRunOperations> = {
  startRollback: async ({ context, services, params, body }) =>
    reply(await startRollback(context, services, params, body.reason)),

  showRollback: async ({ context, services, params }) =>
    reply(await showRollback(context, services.database, { project: params.project, run: params.rollback })),

  doRollbackStep: async ({ context, services, params, body }) => {
    const key = { project: params.project, run: params.rollback, step: params.step }
    return reply(await doRollbackStep(context, services.database, key, body))
  },
}
