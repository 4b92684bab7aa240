/** Rollouts as they happen, over HTTP. */
import type { rolloutLiveOperations } from '@flagmarshal/api/rollout-live'

import { followRollout } from '../../rollout/follow.ts'
import { listProjectDecisions, showSeries } from '../../rollout/series.ts'
import { missingRollout } from '../../rollout/show-rollout.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof rolloutLiveOperations> = {
  showRolloutSeries: async ({ services, params, query }) =>
    reply(await showSeries(services.database, params.project, params.rollout, query.windows)),

  followRollout: async ({ context, services, params, header }) => {
    const missing = await missingRollout(services.database, params.project, params.rollout)
    if (missing !== undefined) return missing
    const parts = { database: services.database, clock: services.clock, log: context.log }
    const last = header('last-event-id')
    return { stream: (stream) => void followRollout(parts, { ...params, last }, stream) }
  },

  listDecisions: async ({ services, params, query }) =>
    reply(await listProjectDecisions(services.database, params.project, query)),
}
