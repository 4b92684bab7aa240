/**
 * Unleash's own engine: the client inside `unleash-client`, which its index does not show. A context of
 * Unleash has a few fields of its own, everything else is among its properties, and all of it is text.
 */
import { unleashAnswer } from '@flagmarshal/domain/exchange/unleash/answer'
import type { UnleashAnswer } from '@flagmarshal/domain/exchange/unleash/answer'
import { contextOf, textOf, textual } from '@flagmarshal/domain/exchange/unleash/context'
import type { UnleashContext } from '@flagmarshal/domain/exchange/unleash/context'
import type { EvaluationContext, JsonObject } from '@flagmarshal/evaluation'

import { usage } from '../failure.ts'
import { isObject } from '../given.ts'
import { ourEngine } from './adapter.ts'
import type { Adapter, Answer } from './adapter.ts'
import { otherwise } from './package.ts'
import type { Load } from './package.ts'

interface Client {
  isEnabled(name: string, context: UnleashContext, fallback: () => boolean): boolean
  getVariant(name: string, context: UnleashContext): UnleashAnswer['variant']
}
interface Repository {
  readonly getToggle: (name: string) => unknown
  readonly getSegment: (id: number) => unknown
}
interface Modules {
  readonly client: { readonly default: new (repository: Repository, strategies: unknown) => Client }
  readonly strategies: { readonly defaultStrategies: unknown }
}

export const unleash: Adapter = {
  package: 'unleash-client',
  tested: '6.12.1',
  namesFlags: true,
  splitsByLot: true,
  open(given) {
    const features = featuresOf(given.definition)
    if (!features.some((it) => Array.isArray(it['strategies'])))
      throw usage(
        'Parity needs what SDKs of Unleash download; this file is of another shape.',
        'Take the answer of the address /api/client/features, as docs/migrate-from-unleash.md shows.',
      )
    const engine = unleashEngine(given.load, given.definition)
    const ours = ourEngine({ ...given, served: textual(given.served) }, (evaluation, flag) =>
      answerOf(unleashAnswer(flag, evaluation)),
    )
    return {
      theirs: ({ name }, context) => answerOf(engine(name, theirContext(context))),
      ours: (of, context) => ours(of, contextOf(theirContext(context))),
      incomparable: (name) =>
        drawsLots(name, features, new Set()) ? 'Unleash draws a lot for each evaluation of it' : undefined,
    }
  },
}

/** What the engine inside unleash-client makes of a file: by the name of a feature and a context. */
export function unleashEngine(
  load: Load,
  definition: JsonObject,
): (name: string, context: UnleashContext) => UnleashAnswer {
  const { default: Engine } = load('unleash-client/lib/client.js') as Partial<Modules['client']>
  const { defaultStrategies } = load('unleash-client/lib/strategy/index.js') as Partial<Modules['strategies']>
  if (Engine === undefined || defaultStrategies === undefined)
    throw otherwise(unleash, 'engine where it is looked for')
  const features = new Map(featuresOf(definition).map((it) => [it['name'], it]))
  const segments = new Map(listOf(definition['segments']).map((it) => [it['id'], it]))
  const client = new Engine(
    { getToggle: (name) => features.get(name), getSegment: (id) => segments.get(id) },
    defaultStrategies,
  )
  return (name, context) => ({
    enabled: client.isEnabled(name, context, () => false),
    variant: client.getVariant(name, context),
  })
}

function featuresOf(definition: JsonObject): readonly Record<string, unknown>[] {
  return listOf(definition['features'])
}

function listOf(given: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(given) ? given.filter(isObject) : []
}

const FIELDS = ['sessionId', 'remoteAddress', 'environment', 'appName', 'currentTime'] as const
/** Any instant: without one, its SDK reads the clock and ours does not. */
const NOW = '2026-01-01T00:00:00.000Z'

function theirContext({ targetingKey, ...given }: EvaluationContext): UnleashContext {
  const isField = ([name]: readonly [string, unknown]): boolean => FIELDS.some((it) => it === name)
  const texts = Object.entries(given).map(([name, it]) => [name, textOf(it)] as const)
  const fields: UnleashContext = Object.fromEntries(texts.filter(isField))
  return {
    currentTime: NOW,
    // Without either, a partial rollout draws a lot there.
    ...(targetingKey === undefined ? { sessionId: 'session' } : { userId: textOf(targetingKey) }),
    ...fields,
    properties: Object.fromEntries(texts.filter((it) => !isField(it))),
  }
}

function answerOf({ enabled, variant }: UnleashAnswer): Answer {
  return { enabled, variant: variant.name, value: variant.payload?.value ?? null }
}

/** Whether a feature, or one that it depends on, is decided by lot. */
function drawsLots(name: string, features: readonly Record<string, unknown>[], seen: Set<string>): boolean {
  const feature = features.find((it) => it['name'] === name)
  if (feature === undefined || seen.has(name)) return false
  seen.add(name)
  const { strategies, variants, dependencies } = feature
  if (listOf(strategies).some(({ name: kind }) => kind === 'gradualRolloutRandom')) return true
  // The one other way to say so: a stickiness, of a strategy or of variants.
  if (/"stickiness":"random"/.test(JSON.stringify([strategies, variants]))) return true
  return listOf(dependencies).some((it) => drawsLots(String(it['feature']), features, seen))
}
