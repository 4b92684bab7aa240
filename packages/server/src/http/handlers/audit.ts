/** Audit chains and signals over HTTP. */
import type { auditOperations } from '@flagmarshal/api/audit'

import { exportEntries, listEntries, listSignals } from '../../audit/read.ts'
import { verifyChain } from '../../audit/verify.ts'
import { extractAudit } from '../../procedure/audit-extract.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof auditOperations> = {
  listAudit: async ({ services, params, query: { run, ...query } }) =>
    replyList(
      run === undefined
        ? await listEntries(services.database, params, query)
        : await extractAudit(services.database, { ...params, run }, query),
    ),

  exportAudit: async ({ services, params }) => {
    const answer = reply(await exportEntries(services.database, params))
    return 'body' in answer ? { ...answer, contentType: 'application/jsonl; charset=utf-8' } : answer
  },

  verifyAudit: async ({ services, params, body }) =>
    reply(await verifyChain(services.database, params, body?.anchor)),

  listInstallationAudit: async ({ services, query }) =>
    replyList(await listEntries(services.database, 'installation', query)),

  verifyInstallationAudit: async ({ services, body }) =>
    reply(await verifyChain(services.database, 'installation', body?.anchor)),

  listSignals: async ({ services, params, query }) =>
    replyList(await listSignals(services.database, params.project, query.limit)),
}
