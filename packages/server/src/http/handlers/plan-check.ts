/** Trying a rollout plan over HTTP. */
import type { planCheckOperations } from '@flagmarshal/api/plan-check'

import { checkDraft, showPower, showReplay } from '../../procedure/plan-check.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof planCheckOperations> = {
  checkPlan: async ({ context, services, params, body }) =>
    reply(await checkDraft(context, services, params, body)),

  showPlanPower: async ({ context, services, params, body }) =>
    reply(await showPower(context, services, params, body)),

  replayPlan: async ({ context, services, params, body }) =>
    reply(await showReplay(context, services, params, body)),
}
