/** The operations that are answered quickly where they can be: what SDKs and OFREP clients ask for again and again. */
import type { Actor } from '../context.ts'
import type { Delivery } from '../delivery/delivery.ts'
import type { EnvironmentState } from '../delivery/environment-state.ts'
import { evaluateOver } from '../delivery/evaluate.ts'
import { bulkAnswer, placeOf } from './handlers/ofrep.ts'
import { readJson } from './json-body.ts'
import { acceptsGzip, instanceOf } from './own-environment.ts'
import { HttpProblem } from './problems.ts'
import type { QuickAnswer, QuickCall, QuickRoute } from './quick.ts'
import type { EvaluationServices } from './services.ts'
import { WORK_OF_AN_ANSWER } from './turn.ts'

const EVALUATE = '/ofrep/v1/evaluate/flags'
const ENVIRONMENTS = '/api/v1/environments/'
const SNAPSHOT = '/snapshot'

/** Keys that stand in an address as they are. */
const PLAIN_KEY = /^[\w.-]{1,128}$/

/** What they are answered with. */
interface QuickServices extends EvaluationServices {
  readonly delivery: EvaluationServices['delivery'] & Pick<Delivery, 'polled'>
}

/** One route for each of them. */
export function quickRoutes(services: QuickServices): readonly QuickRoute[] {
  return [
    {
      id: 'evaluateFlags',
      takes: (url) => url === EVALUATE,
      canWait: true,
      answer: (call) => allFlags(services, call),
    },
    {
      id: 'evaluateFlag',
      takes: (url) => url.startsWith(EVALUATE) && url[EVALUATE.length] === '/',
      answer: (call) => oneFlag(services, call),
    },
    {
      id: 'getSnapshot',
      takes: (url) => url.endsWith(SNAPSHOT) && url.startsWith(ENVIRONMENTS),
      answer: (call) => snapshot(services, call),
    },
  ]
}

function allFlags(
  services: QuickServices,
  { actor, hash, now, body: bytes, header }: QuickCall,
): QuickAnswer | undefined {
  const state = stateOf(services, actor)
  const body = usualBody(bytes)
  if (state === undefined || body === undefined || isTooMuch(services, actor, now)) return undefined
  const token = services.eventTokens.of(hash, now)
  const answer = bulkAnswer(services, { state, token, body, bytes, tag: header('if-none-match') })
  if (typeof answer === 'string') return undefined
  const flags = answer.bytes === undefined ? 0 : state.answers().all.length
  return { ...answer, work: WORK_OF_AN_ANSWER + flags }
}

function oneFlag(
  services: QuickServices,
  { actor, now, url, body: bytes }: QuickCall,
): QuickAnswer | undefined {
  const key = url.slice(EVALUATE.length + 1)
  const state = PLAIN_KEY.test(key) ? stateOf(services, actor) : undefined
  const body = usualBody(bytes)
  if (state === undefined || body === undefined) return undefined
  const { status, text, reason } = evaluateOver(state, key, body)
  if (status !== 200 || isTooMuch(services, actor, now)) return undefined
  return {
    bytes: text,
    count() {
      services.delivery.asked(placeOf(state), key)
      services.delivery.metrics.evaluated(reason, 1)
    },
  }
}

function snapshot(services: QuickServices, { actor, url, header }: QuickCall): QuickAnswer | undefined {
  const state = stateOf(services, actor)
  if (state === undefined || url !== `${ENVIRONMENTS}${actor.environment}${SNAPSHOT}`) return undefined
  const etag = `"${state.snapshot.revision}"`
  const unchanged = header('if-none-match') === etag
  const gzip = !unchanged && acceptsGzip(header)
  const compressed = gzip ? state.gzippedNow() : undefined
  if (gzip && compressed === undefined) return undefined
  return {
    etag,
    bytes: unchanged ? undefined : (compressed ?? state.bytes()),
    ...(gzip ? { encoding: 'gzip' as const } : {}),
    count() {
      const instance = instanceOf(header)
      if (instance !== undefined) services.delivery.polled(placeOf(state), instance)
    },
  }
}

/** What the environment of the key serves, where it is in memory. */
function stateOf({ delivery }: QuickServices, { project, environment }: Actor): EnvironmentState | undefined {
  if (project === undefined || environment === undefined) return undefined
  return delivery.environments.now({ project, environment })
}

function isTooMuch({ evaluationLimit }: QuickServices, actor: Actor, now: Date): boolean {
  return evaluationLimit.take(actor.id, now) !== undefined
}

/** The value of a body with nothing wrong about it. */
function usualBody(bytes: Buffer): unknown {
  try {
    return readJson(bytes)
  } catch (error) {
    if (error instanceof HttpProblem) return undefined
    throw error
  }
}
