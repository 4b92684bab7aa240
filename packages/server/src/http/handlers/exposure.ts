/** What pages have used, over HTTP. */
import type { exposureOperations } from '@flagmarshal/api/exposure'
import { isRefusal } from '@flagmarshal/domain/refusal'

import type { Handlers } from '../handler.ts'
import type { ExposureServices } from '../services.ts'
import { evaluatingState } from './ofrep.ts'

export const handlers: Handlers<typeof exposureOperations, ExposureServices> = {
  sendExposures: async ({ context, services, body }) => {
    const state = await evaluatingState(context, services)
    if (isRefusal(state)) return state
    services.delivery.exposed(state, body.counts)
    return { body: undefined }
  },
}
