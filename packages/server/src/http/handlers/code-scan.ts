/** Scans of repositories over HTTP. */
import type { codeScanOperations } from '@flagmarshal/api/code-scan'

import { listCodeScans, writeCodeScan } from '../../reference/code-scan.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof codeScanOperations> = {
  writeCodeScan: async ({ context, services, params, body }) =>
    reply(await writeCodeScan(context, services.database, params.project, body)),

  listCodeScans: async ({ services, params }) =>
    replyList(await listCodeScans(services.database, params.project)),
}
