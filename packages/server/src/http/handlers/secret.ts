/** The secrets of the installation over HTTP. */
import type { secretOperations } from '@flagmarshal/api/secret'

import { rotateSecrets } from '../../secret/rotate.ts'
import { secretStatus } from '../../secret/status.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof secretOperations> = {
  getSecretStatus: async ({ services }) => reply(await secretStatus(services.database, services.safe)),
  rotateSecrets: async ({ context, services }) =>
    reply(await rotateSecrets(context, services.database, services.safe)),
}
