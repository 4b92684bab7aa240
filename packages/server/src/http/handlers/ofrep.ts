/** OFREP over HTTP. */
import type { ofrepOperations, OfrepSuccess } from '@flagmarshal/api/ofrep'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { evaluateOver, failure } from '../../delivery/evaluate.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from './delivery.ts'

export const handlers: Handlers<typeof ofrepOperations> = {
  evaluateFlag: async ({ context, services, params, body }) => {
    const { environments, metrics } = services.delivery
    const own = ownEnvironment(context.actor)
    if (isRefusal(own)) return own
    const state = await environments.get(own)
    const answer =
      state === undefined
        ? failure(params.key, 'GENERAL', 'there is no such environment')
        : evaluateOver(state, params.key, body)
    if ('value' in answer.body) services.delivery.asked({ ...own, flag: params.key })
    metrics.evaluations.inc({ reason: 'reason' in answer.body ? answer.body.reason : 'ERROR' })
    // A failure has another shape than what the operation promises, with another status.
    return answer as { readonly status: number; readonly body: OfrepSuccess }
  },
}
