/** Codes that go through the browser to a command line, over HTTP. */
import type { browserCodeOperations } from '@flagmarshal/api/browser-code'

import { attempt } from '../../access/attempts.ts'
import { createBrowserCode, takeBrowserProof, takeBrowserToken } from '../../access/browser-code.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { of } from './account.ts'

export const handlers: Handlers<typeof browserCodeOperations> = {
  createBrowserCode: async ({ context, services, body }) =>
    reply(await createBrowserCode(context, services, body)),

  takeBrowserToken: async (call) => {
    const { context, services, body } = call
    const work = () => takeBrowserToken(context, services, body)
    return reply(await attempt(of(call), ['code-refused'], work))
  },

  takeBrowserProof: async (call) => {
    const { context, services, body } = call
    const work = () => takeBrowserProof(context, services, body)
    return reply(await attempt(of(call), ['code-refused'], work))
  },
}
