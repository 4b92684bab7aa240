/** Required inputs that are missing, failing or unknown, over HTTP. */
import type { inputOperations } from '@flagmarshal/api/input'

import { agreeRemediation } from '../../procedure/agree-remediation.ts'
import { checkInputs } from '../../procedure/look-at-inputs.ts'
import { overrideInput } from '../../procedure/override-input.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof inputOperations> = {
  checkInputs: async ({ context, services, params }) => reply(await checkInputs(context, services, params)),

  overrideInput: async ({ context, services, params, body }) =>
    reply(await overrideInput(context, services.database, params, body.reason)),

  agreeRemediation: async ({ context, services, params, body }) =>
    reply(await agreeRemediation(context, services.database, params, body)),
}
