/** Verification runs over HTTP. */
import type { verificationOperations } from '@flagmarshal/api/verification'
import { isRefusal } from '@flagmarshal/domain/refusal'

import { readExercise, readExercises, startVerificationRun, takeAnswers } from '../../verification/run.ts'
import { verificationView } from '../../verification/view.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from '../own-environment.ts'

export const handlers: Handlers<typeof verificationOperations> = {
  startVerification: async ({ context, services, params, body }) =>
    reply(await startVerificationRun(context, services, params, body)),

  listVerifications: async ({ context, services, params }) => {
    const found = await readExercises(context, services.database, params, ['verification'])
    return replyList(isRefusal(found) ? found : found.map((it) => verificationView(it.row, it.subject)))
  },

  showVerification: async ({ context, services, params }) => {
    const key = { ...params, id: params.verification }
    const found = await readExercise(context, services.database, key, ['verification'])
    return reply(isRefusal(found) ? found : verificationView(found.row, found.subject))
  },

  answerVerification: async ({ context, services, params, body }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const refusal = await takeAnswers(services.database, { ...key, ...params }, body)
    return refusal ?? { body: undefined }
  },
}
