/** Reports over HTTP. */
import type { reportOperations } from '@flagmarshal/api/report'

import { listReports } from '../../report/read.ts'
import { createReport, resolveReport } from '../../report/record.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof reportOperations> = {
  createReport: async ({ context, services, params, body }) =>
    reply(await createReport(context, services.database, { ...body, ...params, origin: 'person' })),

  createProjectReport: async ({ context, services, params, body }) =>
    reply(await createReport(context, services.database, { ...body, ...params, origin: 'person' })),

  listReports: async ({ services, params, query }) =>
    replyList(await listReports(services.database, params, query)),

  listProjectReports: async ({ services, params, query }) =>
    replyList(await listReports(services.database, params, query)),

  resolveReport: async ({ context, services, params, body }) =>
    reply(await resolveReport(context, services.database, params, body.reason)),
}
