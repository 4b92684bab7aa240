/** SDKs of Unleash, over HTTP. */
import type { UnleashMetrics, unleashOperations } from '@flagmarshal/api/unleash'
import type { UnleashContext } from '@flagmarshal/domain/exchange/unleash/context'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { z } from 'zod'

import { featuresAnswer, usedVariants } from '../../delivery/unleash.ts'
import { sha256 } from '../../id.ts'
import { notFound } from '../../refusals.ts'
import type { Call, Handlers } from '../handler.ts'
import { ownEnvironment } from '../own-environment.ts'
import { evaluatingState, placeOf } from './ofrep.ts'

type Toggles = z.infer<(typeof unleashOperations)['getUnleashToggles']['success']['body']>
type Features = z.infer<(typeof unleashOperations)['getUnleashFeatures']['success']['body']>
type Asking = Pick<Call, 'context' | 'services' | 'header'>

export const handlers: Handlers<typeof unleashOperations> = {
  getUnleashFeatures: async ({ context, services, query, header }) => {
    const own = ownEnvironment(context.actor)
    if (isRefusal(own)) return own
    const state = await services.delivery.environments.get(own)
    if (state === undefined) return notFound('environment', own.environment)
    // It confirms nothing, and is off with its next question: a kill page says how many there are.
    services.delivery.asked(own)
    const { snapshot } = state
    const prefix = query.namePrefix ?? ''
    const tag = prefix === '' ? '' : `.${sha256(prefix).slice(0, 12)}`
    const etag = `"${snapshot.revision}${tag}"`
    if (header('if-none-match') === etag) return { unchanged: etag }
    const { bytes, features, leftOut } = state.unleash()
    const some = features.filter((it) => it.name.startsWith(prefix))
    const sent = prefix === '' ? bytes : featuresAnswer(snapshot, some, leftOut.length)
    return {
      etag,
      prepared: { bytes: sent },
      get body(): Features {
        return JSON.parse(sent.toString('utf8'))
      },
    }
  },

  registerUnleashClient: ({ context }) => {
    const own = ownEnvironment(context.actor)
    return isRefusal(own) ? own : { body: undefined }
  },

  sendUnleashMetrics: async ({ context, services, body }) => await counted({ context, services }, body),
  sendUnleashFrontendMetrics: async ({ context, services, body }) =>
    await counted({ context, services }, body),

  getUnleashToggles: async ({ query, ...call }) => await toggles(call, contextOfQuery(query)),
  evaluateUnleashToggles: async ({ body, ...call }) => await toggles(call, body.context ?? {}),

  checkUnleash: async ({ services, params }) => {
    const state = await services.delivery.environments.get(params)
    if (state === undefined) return notFound('environment', params.environment)
    return { body: { items: [...state.unleash().leftOut] } }
  },
}

async function toggles({ context, services, header }: Asking, asked: UnleashContext) {
  const state = await evaluatingState(context, services)
  if (isRefusal(state)) return state
  services.delivery.asked(placeOf(state))
  const { environment } = state.snapshot
  const currentTime = context.now.toISOString()
  const found = state.unleash().toggles({ environment, currentTime, ...asked })
  const sent = Buffer.from(JSON.stringify({ toggles: found }))
  const etag = `"${sha256(sent.toString('utf8')).slice(0, 24)}"`
  if (header('if-none-match') === etag) return { unchanged: etag }
  return {
    etag,
    prepared: { bytes: sent },
    get body(): Toggles {
      return JSON.parse(sent.toString('utf8'))
    },
  }
}

async function counted({ context, services }: Pick<Call, 'context' | 'services'>, metrics: UnleashMetrics) {
  const state = await evaluatingState(context, services)
  if (isRefusal(state)) return state
  const used = usedVariants(state.snapshot.flags, metrics)
  services.delivery.exposed(state, [...used])
  for (const flag of new Set(used.map((it) => it.flag))) services.delivery.asked(placeOf(state), flag)
  return { body: undefined }
}

/** `properties[plan]=pro` is a property; what is given twice counts once. */
function contextOfQuery(query: Readonly<Record<string, unknown>>): UnleashContext {
  const properties = new Map<string, unknown>()
  const fields = new Map<string, unknown>()
  for (const [name, given] of Object.entries(query)) {
    const value: unknown = Array.isArray(given) ? given.at(-1) : given
    const property = /^properties\[(.+)\]$/.exec(name)?.[1]
    if (property === undefined) fields.set(name, value)
    else properties.set(property, value)
  }
  return { ...Object.fromEntries(fields), properties: Object.fromEntries(properties) }
}
