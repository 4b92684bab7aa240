/**
 * Answering the server when it asks what this instance makes of a draft of a flag: by the engine and
 * the contexts that it sends, beside what is served and without touching it. Only instances that
 * opted in are asked.
 */
import { compile, evaluate } from '@flagmarshal/evaluation'
import type { FlagValue, VerificationAnswers, VerificationRequest } from '@flagmarshal/evaluation'

import type { Closable } from './closable.ts'
import { post } from './endpoint.ts'
import { engines } from './json-logic.ts'
import type { Settings } from './settings.ts'
import { parseVerification } from './wire.ts'

/** Flags whose defaults are remembered; an application asks for fewer. */
const REMEMBERED = 1_000

/** Answers requests, and remembers what the code gives as default. */
export interface Verifier extends Closable {
  /** Notes the default with which the code asks a flag. */
  noteDefault(flag: string, value: FlagValue): void
  /** Evaluates the drafts of a `verify` event and sends the answers. Never throws. */
  answer(body: unknown): void
}

/** The verifier of an instance that opted in; undefined for one that did not, so that it costs nothing. */
export function createVerifier(settings: Settings): Verifier | undefined {
  if (!settings.allowVerification) return undefined
  const stop = new AbortController()
  const defaults = new Map<string, FlagValue>()

  async function send(request: VerificationRequest): Promise<void> {
    const answers = answersTo(request, settings.instanceId, defaults.get(request.flag))
    const failure = await post(settings, `/verifications/${request.id}/answers`, answers, stop.signal)
    if (failure !== undefined && !stop.signal.aborted)
      settings.logger.warn(`flagmarshal: the answers to ${request.id} did not arrive`)
  }

  return {
    noteDefault(flag, value) {
      if (defaults.get(flag) === value || defaults.size >= REMEMBERED) return
      defaults.set(flag, value)
    },
    answer(body) {
      const request = parseVerification(body)
      if (request === undefined) settings.logger.warn('flagmarshal: a verification could not be read')
      else void send(request)
    },
    close: () => stop.abort(),
  }
}

/** What an instance makes of the drafts. */
function answersTo(
  { flag, drafts, segments, contexts }: VerificationRequest,
  instanceId: string,
  codeDefault: FlagValue | undefined,
): VerificationAnswers {
  return {
    instanceId,
    answers: drafts.map(({ name, flag: draft }) => {
      const compiled = compile({ flags: [draft], segments }, engines)
      const variants = contexts.map((context) => {
        const answer = evaluate(compiled, flag, draft.valueType, context)
        return 'variant' in answer ? answer.variant : null
      })
      return { draft: name, variants }
    }),
    ...(codeDefault === undefined ? {} : { codeDefault }),
  }
}
