/** OFREP over HTTP. */
import type { OfrepBulk, ofrepOperations, OfrepSuccess } from '@flagmarshal/api/ofrep'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { openEventToken } from '../../access/event-token.ts'
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
    const state = await evaluatingState(context, services)
    if (isRefusal(state)) return state
    const { delivery } = services
    const answer = evaluateOver(state, params.key, body)
    if (answer.status === 200) delivery.asked(placeOf(state), params.key)
    delivery.metrics.evaluated(answer.reason, 1)
    // A failure has another shape than what the operation promises, with another status.
    return answer as { readonly status: number; readonly body: OfrepSuccess }
  },

  evaluateFlags: async ({ context, services, query, body, bytes, header }) => {
    const known = await evaluatingState(context, services)
    if (isRefusal(known)) return known
    const state = await asNewAs(known, query.flagConfigEtag, services)
    const token = services.eventTokens.of(sha256(tokenOfHeader(header) ?? ''), context.now)
    const answer = bulkAnswer(services, { state, token, body, bytes, tag: header('if-none-match') })
    if (typeof answer === 'string') throw new HttpProblem(400, 'invalid', answer)
    answer.count()
    if (answer.bytes === undefined) return { unchanged: answer.etag }
    const { etag, bytes: prepared } = answer
    return {
      etag,
      prepared: { bytes: prepared },
      // Parsing it again for its type would cost more than making it.
      get body(): OfrepBulk {
        return JSON.parse(prepared.toString('utf8'))
      },
    }
  },

  followEvaluations: async ({ context, services, query, header }) => {
    const state = await evaluatingState(context, services)
    if (isRefusal(state)) return state
    const key = placeOf(state)
    const { now } = context
    const until = openEventToken(services.safe, query.token, { now, returning: true })?.until ?? now
    const has = revisionOfTag(header('last-event-id'))
    const subscription = { key, instance: undefined, sdkKey: context.actor.id, has, voice: ofrepVoice }
    return {
      stream: (stream) => {
        services.delivery.follow(subscription, stream)
        const renewal = setTimeout(
          () => stream.send(refetchEvent(services.delivery.environments.now(key) ?? state)),
          renewalIn(until, now, services.eventTokens.turnMs),
        )
        stream.onClose(() => clearTimeout(renewal))
      },
    }
  },
}

/** What a bulk evaluation depends on. */
interface BulkRequest {
  readonly state: EnvironmentState
  readonly token: EventToken
  readonly body: unknown
  /** The body as it arrived. */
  readonly bytes: Buffer
  /** If-None-Match. */
  readonly tag: string | undefined
}

/** All flags for a context. */
interface Bulk {
  readonly etag: string
  /** As they go over the wire; undefined where the client has them. */
  readonly bytes: Buffer | undefined
  /** Counts that they were asked for. */
  count(): void
}

/** Evaluates all flags; answers what was wrong with the context as text. */
export function bulkAnswer(
  { delivery }: Pick<EvaluationServices, 'delivery'>,
  { state, token, body, bytes, tag }: BulkRequest,
): Bulk | string {
  const etag = tagOf(state, token, bytes)
  const unchanged = tag !== undefined && (tag === etag || tag === `W/${etag}`)
  const answer = unchanged ? undefined : evaluateAll(state, body)
  if (typeof answer === 'string') return answer
  return {
    etag,
    bytes: answer && written(answer.text, state, token),
    count() {
      // A client that has the answer already was there all the same.
      delivery.asked(placeOf(state))
      answer?.reasons.forEach((n, reason) => delivery.metrics.evaluated(reason, n))
    },
  }
}

/** The environment of the key, where the key may still evaluate in it. */
export async function evaluatingState(
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

export function placeOf({ snapshot: { project, environment } }: EnvironmentState): EnvironmentKey {
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

/** The answer as it goes over the wire. */
function written(flags: string, { snapshot }: EnvironmentState, { token }: EventToken): Buffer {
  const requestUri = `/ofrep/v1/events?token=${token}`
  const rest: Omit<OfrepBulk, 'flags'> = {
    metadata: { revision: snapshot.revision },
    eventStreams: [{ type: 'sse', endpoint: { requestUri }, inactivityDelaySec: INACTIVITY_S }],
  }
  return Buffer.from(`{"flags":[${flags}],${JSON.stringify(rest).slice(1)}`)
}

/** When the client must ask for a new address: once the turn of its token is over, not all at once. */
function renewalIn(until: Date, now: Date, turnMs: number): number {
  const turnEnds = until.getTime() - turnMs - now.getTime()
  return Math.max(0, turnEnds) + Math.random() * (turnMs / 4)
}
