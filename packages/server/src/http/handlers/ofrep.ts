/** OFREP over HTTP. */
import type { OfrepBulk, ofrepOperations, OfrepSuccess } from '@flagmarshal/api/ofrep'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { EVENT_TOKEN_TURN_MS, openEventToken } from '../../access/event-token.ts'
import type { EventToken } from '../../access/event-token.ts'
import type { Context } from '../../context.ts'
import type { EnvironmentState } from '../../delivery/environment-state.ts'
import { evaluateAll, evaluateOver } from '../../delivery/evaluate.ts'
import { ofrepVoice, refetchEvent, revisionOfTag } from '../../delivery/voices.ts'
import { sha256 } from '../../id.ts'
import { notFound } from '../../refusals.ts'
import type { EnvironmentKey } from '../../storage/snapshots.ts'
import { tokenOfHeader } from '../authorize.ts'
import type { Handlers } from '../handler.ts'
import { ownEnvironment } from '../own-environment.ts'
import { HttpProblem } from '../problems.ts'
import type { EvaluationServices } from '../services.ts'

/** How long a page that nobody sees keeps its stream: the default of OFREP. */
const INACTIVITY_S = 120

export const handlers: Handlers<typeof ofrepOperations, EvaluationServices> = {
  evaluateFlag: async ({ context, services, params, body }) => {
    const state = await stateFor(context, services)
    if (isRefusal(state)) return state
    const { delivery } = services
    const answer = evaluateOver(state, params.key, body)
    if ('value' in answer.body) delivery.asked(placeOf(state), params.key)
    delivery.metrics.evaluations.inc({ reason: 'reason' in answer.body ? answer.body.reason : 'ERROR' })
    // A failure has another shape than what the operation promises, with another status.
    return answer as { readonly status: number; readonly body: OfrepSuccess }
  },

  evaluateFlags: async ({ context, services, query, body, bytes, header }) => {
    const known = await stateFor(context, services)
    if (isRefusal(known)) return known
    const state = await asNewAs(known, query.flagConfigEtag, services)
    const token = services.eventTokens.of(sha256(tokenOfHeader(header) ?? ''), context.now)
    const etag = tagOf(state, token, bytes)
    if (header('if-none-match')?.replace(/^W\//, '') === etag) return { unchanged: etag }
    const answer = evaluateAll(state, body)
    if (typeof answer === 'string') throw new HttpProblem(400, 'invalid', answer)
    services.delivery.asked(placeOf(state))
    for (const [reason, n] of answer.reasons) services.delivery.metrics.evaluations.inc({ reason }, n)
    return { ...written(answer.text, state, token), etag }
  },

  followEvaluations: async ({ context, services, query, header }) => {
    const state = await stateFor(context, services)
    if (isRefusal(state)) return state
    const key = placeOf(state)
    const until = openEventToken(services.safe, query.token, context.now)?.until ?? context.now
    const has = revisionOfTag(header('last-event-id'))
    const subscription = { key, instance: undefined, sdkKey: context.actor.id, has, voice: ofrepVoice }
    return {
      stream: (stream) => {
        services.delivery.follow(subscription, stream)
        const renewal = setTimeout(
          () => stream.send(refetchEvent(services.delivery.environments.now(key) ?? state)),
          renewalIn(until, context.now),
        )
        stream.onClose(() => clearTimeout(renewal))
      },
    }
  },
}

/** The environment of the key, where the key may still evaluate in it. */
async function stateFor(
  { actor, now }: Context,
  { delivery, evaluationLimit }: EvaluationServices,
): Promise<EnvironmentState | Refusal> {
  const own = ownEnvironment(actor)
  if (isRefusal(own)) return own
  return (
    evaluationLimit.take(actor.id, now) ??
    (await delivery.environments.get(own)) ??
    notFound('environment', own.environment)
  )
}

function placeOf({ snapshot: { project, environment } }: EnvironmentState): EnvironmentKey {
  return { project, environment }
}

/** An event may have come from a server that knew of the change first: this one catches up, if it can. */
async function asNewAs(
  state: EnvironmentState,
  tag: string | undefined,
  { delivery }: EvaluationServices,
): Promise<EnvironmentState> {
  if ((revisionOfTag(tag) ?? 0) <= state.snapshot.revision) return state
  const newer = await delivery.environments.fresh(placeOf(state)).catch(() => undefined)
  return newer ?? state
}

/**
 * Of what the answer depends on: environment and revision, the context as it was sent, because a client
 * asks with the tag of its former user, and the turn of the token, because a client that gets 304 keeps
 * the address of its stream.
 */
function tagOf({ snapshot }: EnvironmentState, { turn }: EventToken, request: Buffer): string {
  const { project, environment, revision } = snapshot
  const context = sha256(`${project}/${environment}/${request.toString('utf8')}`).slice(0, 24)
  return `"${revision}.${turn}.${context}"`
}

/** The answer as text: parsing it again for its type would cost more than making it. */
function written(flags: string, { snapshot }: EnvironmentState, { token }: EventToken) {
  const requestUri = `/ofrep/v1/events?token=${token}`
  const rest: Omit<OfrepBulk, 'flags'> = {
    metadata: { revision: snapshot.revision },
    eventStreams: [{ type: 'sse', endpoint: { requestUri }, inactivityDelaySec: INACTIVITY_S }],
  }
  const bytes = Buffer.from(`{"flags":[${flags}],${JSON.stringify(rest).slice(1)}`)
  return {
    get body(): OfrepBulk {
      return JSON.parse(bytes.toString('utf8'))
    },
    prepared: { bytes },
  }
}

/** When the client must ask for a new address: once the turn of its token is over, not all at once. */
function renewalIn(until: Date, now: Date): number {
  const turnEnds = until.getTime() - EVENT_TOKEN_TURN_MS - now.getTime()
  return Math.max(0, turnEnds) + Math.random() * (EVENT_TOKEN_TURN_MS / 4)
}
