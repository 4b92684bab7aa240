/** What an edge passes on at once, and what it refuses. */
import type { edgeOperations } from '@flagmarshal/api/edge'
import type { verificationOperations } from '@flagmarshal/api/verification'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import { post } from '@flagmarshal/sdk-server/endpoint'
import type { Reach } from '@flagmarshal/sdk-server/endpoint'

import type { Handlers } from '../http/handler.ts'
import { ownEnvironment } from '../http/own-environment.ts'
import { HttpProblem } from '../http/problems.ts'
import type {
  EvaluationServices,
  ExposureServices,
  HttpServices,
  ProcessServices,
  SdkServices,
} from '../http/services.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

/** What the handlers of an edge may use. */
export interface EdgeServices extends HttpServices, ProcessServices, Omit<EvaluationServices, 'delivery'> {
  readonly delivery: ExposureServices['delivery'] & SdkServices['delivery']
  /** The way to the server for an environment. */
  readonly reachOf: (key: EnvironmentKey) => Reach
}

type EdgeOperations = Pick<typeof verificationOperations, 'answerVerification'> &
  Pick<typeof edgeOperations, 'followAsEdge' | 'relayFromEdge' | 'answerFromEdge'>

export const handlers: Handlers<EdgeOperations, EdgeServices> = {
  answerVerification: async ({ context, services, params, body }) => {
    const key = ownEnvironment(context.actor)
    if (isRefusal(key)) return key
    const waits = new AbortController()
    const path = `/verifications/${params.verification}/answers` as const
    const failure = await post(services.reachOf(key), path, body, waits.signal)
    if (failure === undefined) return { body: undefined }
    const status = failure.kind === 'failed' && failure.status !== undefined ? failure.status : 503
    throw new HttpProblem(status, 'not-passed-on', 'The server of this edge did not take the answers.')
  },

  followAsEdge: () => NO_CHAIN,
  relayFromEdge: () => NO_CHAIN,
  answerFromEdge: () => NO_CHAIN,
}

const NO_CHAIN = refuse(
  'edges-do-not-chain',
  'This is an edge, and edges do not follow edges.',
  'Set FLAGMARSHAL_UPSTREAM to the server.',
)
