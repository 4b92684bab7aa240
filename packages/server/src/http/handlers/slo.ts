/** OpenSLO objectives over HTTP. */
import type { sloOperations } from '@flagmarshal/api/slo'

import { importSlo } from '../../analysis/import-slo.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof sloOperations> = {
  importSlo: async ({ services, params, body }) =>
    reply(await importSlo(services.database, params.project, body)),
}
