/** Drills and the monitoring of a flag over HTTP. */
import type { drillOperations } from '@flagmarshal/api/drill'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { showMonitoring } from '../../drill/monitoring.ts'
import { drillView, startDrill } from '../../drill/run.ts'
import { readExercise, readExercises } from '../../verification/run.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

const KINDS = ['alert', 'rollback'] as const

export const handlers: Handlers<typeof drillOperations> = {
  startDrill: async ({ context, services, params, body }) =>
    reply(await startDrill(context, services, params, body)),

  listDrills: async ({ context, services, params }) => {
    const found = await readExercises(context, services.database, params, KINDS)
    return replyList(isRefusal(found) ? found : found.map((it) => drillView(it.row, it.subject, context.now)))
  },

  showDrill: async ({ context, services, params }) => {
    const found = await readExercise(context, services.database, { ...params, id: params.drill }, KINDS)
    return reply(isRefusal(found) ? found : drillView(found.row, found.subject, context.now))
  },

  showMonitoring: async ({ services, params }) => reply(await showMonitoring(services.database, params)),
}
