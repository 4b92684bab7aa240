/** Metrics of connections over HTTP. */
import type { metricOperations } from '@flagmarshal/api/metric'

import { readMetric, tryCriterion } from '../../analysis/read-metric.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof metricOperations> = {
  readMetric: async ({ services, params, body }) => reply(await readMetric(services, params, body)),

  tryCriterion: async ({ services, params, body }) => reply(await tryCriterion(services, params, body)),
}
