/** Setting monitoring up over HTTP. */
import type { monitoringOperations } from '@flagmarshal/api/monitoring'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { lookAtMonitoring } from '../../monitoring/look.ts'
import { monitoringFiles, setupView, startSetup } from '../../monitoring/start.ts'
import { readExercise, readExercises } from '../../verification/run.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

const KINDS = ['monitoring'] as const

export const handlers: Handlers<typeof monitoringOperations> = {
  startMonitoringSetup: async ({ context, services, params }) =>
    reply(await startSetup(context, services, params)),

  listMonitoringSetups: async ({ context, services, params }) => {
    const found = await readExercises(context, services.database, params, KINDS)
    return replyList(isRefusal(found) ? found : found.map((it) => setupView(it.row, it.subject)))
  },

  showMonitoringSetup: async ({ context, services, params }) => {
    const found = await readExercise(context, services.database, { ...params, id: params.setup }, KINDS)
    return reply(isRefusal(found) ? found : setupView(found.row, found.subject))
  },

  showMonitoringFiles: async ({ context, services, params }) =>
    reply(await monitoringFiles(context, services, params)),

  lookAtMonitoring: async ({ context, services, params }) => {
    const seen = await lookAtMonitoring(context, services, params)
    return reply(isRefusal(seen) ? seen : { ...seen, faults: [...seen.faults], unknown: [...seen.unknown] })
  },
}
