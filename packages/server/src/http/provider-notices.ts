/**
 * Where the organisation's provider tells of sessions that ended there (OpenID Connect Back-Channel Logout 1.0,
 * 2.5): a form with a signed token, beside the API, which takes no forms.
 */
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { attempt } from '../access/attempts.ts'
import { NOTICE_PATH } from '../access/identity-provider.ts'
import { takeNotice } from '../access/provider-notice.ts'
import { ANYBODY } from './authorize.ts'
import { readForms } from './forms.ts'
import { partsOf } from './handlers/identity-provider.ts'
import { HttpProblem, problemAnswer } from './problems.ts'
import type { RouterParts } from './router.ts'
import { sendProblemAnswer } from './send-problem.ts'
import type { Services } from './services.ts'

/** Registers it. */
export async function registerProviderNotices(
  server: FastifyInstance,
  { services, log }: { readonly services: Services; readonly log: RouterParts['log'] },
): Promise<void> {
  await server.register(async (scope) => {
    readForms(scope, 16_384)
    scope.post(NOTICE_PATH, { config: { operation: 'providerNotice' } }, async (request, reply) => {
      const token = tokenOf(request)
      const { now } = request
      const context = {
        actor: ANYBODY,
        requestId: request.id,
        now,
        log: log.child({ requestId: request.id }),
      }
      // Whoever makes tokens up makes us read the provider's keys: not more often than a password is guessed.
      const by = { limits: services.accounts.limits, account: undefined, address: request.ip, now }
      const result = await attempt(by, ['notice-refused'], () =>
        takeNotice(context, partsOf(services), token),
      )
      if (isRefusal(result)) return await sendProblemAnswer(problemAnswer(result), request, reply)
      return await reply.code(200).send()
    })
  })
}

function tokenOf({ body }: FastifyRequest): string {
  const token = body instanceof URLSearchParams ? body.get('logout_token') : null
  if (token !== null) return token
  throw new HttpProblem(400, 'bad-request', 'Send a form with a logout_token.')
}
