/** Lint findings over HTTP. */
import type { lintOperations } from '@flagmarshal/api/lint'

import { listLintFindings } from '../../procedure/lint.ts'
import { replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof lintOperations> = {
  listLintFindings: async ({ context, services, params }) =>
    replyList(await listLintFindings(context, services, params.project)),
}
