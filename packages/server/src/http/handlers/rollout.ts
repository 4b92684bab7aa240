/** Rollouts over HTTP. */
import type { RolloutAct, rolloutOperations } from '@flagmarshal/api/rollout'

import { lookAtMonitoring } from '../../monitoring/look.ts'
import { faultBeforeStart } from '../../procedure/last-checks.ts'
import { operateRollout } from '../../rollout/operate-rollout.ts'
import {
  adoptApprovedPlan,
  approveRollout,
  overrideRollout,
  reviewRollout,
} from '../../rollout/people-acts.ts'
import { listDecisions, listRollouts, showReport, showRollout } from '../../rollout/show-rollout.ts'
import { startRollout } from '../../rollout/start-rollout.ts'
import { reply, replyList } from '../handler.ts'
import type { Call, Handlers } from '../handler.ts'

export const handlers: Handlers<typeof rolloutOperations> = {
  startRollout: async ({ context, services, params, body }) => {
    const key = { project: params.project, run: body.run }
    await lookAtMonitoring(context, services, key)
    const fault = await faultBeforeStart(context, services, key)
    return reply(fault ?? (await startRollout(context, services, params.project, body.run)))
  },

  listRollouts: async ({ services, params, query }) =>
    replyList(await listRollouts(services.database, params.project, query)),

  showRollout: async ({ services, params }) =>
    reply(await showRollout(services.database, params.project, params.rollout)),

  pauseRollout: async ({ context, services, params, body: { reason, until } }) =>
    reply(
      await operateRollout(context, services, {
        ...params,
        act: 'pause',
        reason,
        ...(until === undefined ? {} : { until: new Date(until) }),
      }),
    ),
  approveRollout: async ({ context, services, params, body }) =>
    reply(await approveRollout(context, services, { ...params, ...body })),
  overrideRollout: async ({ context, services, params, body }) =>
    reply(await overrideRollout(context, services, { ...params, ...body })),
  reviewRollout: async ({ context, services, params, body }) =>
    reply(await reviewRollout(context, services, { ...params, ...body })),
  adoptRolloutPlan: async ({ context, services, params, body }) =>
    reply(await adoptApprovedPlan(context, services, { ...params, ...body })),
  resumeRollout: async (call) => await operate(call, 'resume'),
  advanceRollout: async (call) => await operate(call, 'advance'),
  rollbackRollout: async (call) => await operate(call, 'rollback'),
  abortRollout: async (call) => await operate(call, 'abort'),

  listRolloutDecisions: async ({ services, params, query }) =>
    replyList(await listDecisions(services.database, params.project, params.rollout, query)),

  showRollbackReport: async ({ services, params }) =>
    reply(await showReport(services.database, params.project, params.rollout)),
}

type ActCall = Call<(typeof rolloutOperations)['resumeRollout']>

/** The acts differ in their address only. */
async function operate(
  { context, services, params, body }: Pick<ActCall, 'context' | 'services' | 'params' | 'body'>,
  act: RolloutAct,
) {
  return reply(await operateRollout(context, services, { ...params, act, reason: body.reason }))
}
