/**
 * What SDKs of Unleash speak, so that an application moves without a change of its code: the client API
 * for those that evaluate by themselves, the frontend API for browsers and phones. The shapes are theirs,
 * so members that are not known are let through.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Key, list } from './shapes.ts'

const Features = z
  .looseObject({
    version: z.literal(2),
    features: z.array(z.looseObject({ name: z.string(), enabled: z.boolean() })),
    meta: z.looseObject({
      revision: z.int(),
      leftOut: z
        .int()
        .describe('Flags that SDKs of Unleash cannot evaluate as we do; `unleash check` names them.'),
    }),
  })
  .meta({ id: 'UnleashFeatures' })

const Toggles = z
  .strictObject({
    toggles: z.array(
      z.looseObject({
        name: z.string(),
        enabled: z.literal(true),
        variant: z.looseObject({ name: z.string(), enabled: z.boolean() }),
      }),
    ),
  })
  .describe('Those that are enabled for the context.')
  .meta({ id: 'UnleashToggles' })

const Count = z.number().min(0).max(1e9).default(0)

export const UnleashMetrics = z
  .looseObject({
    appName: z.string().max(200).optional(),
    bucket: z.looseObject({
      toggles: z.record(
        z.string().max(200),
        z.looseObject({ yes: Count, no: Count, variants: z.record(z.string().max(200), Count).default({}) }),
      ),
    }),
  })
  .meta({ id: 'UnleashMetrics' })
export type UnleashMetrics = z.infer<typeof UnleashMetrics>

const Anything = z.looseObject({})

const Field = z.string().optional()
const Context = z
  .looseObject({
    userId: Field.describe('The targeting key.'),
    sessionId: Field,
    remoteAddress: Field,
    environment: Field,
    appName: Field,
    currentTime: Field.describe('RFC 3339; the time of the request where it is absent.'),
  })
  .describe('Properties of the context as `properties[plan]=pro`.')

export const LeftOut = z
  .strictObject({ flag: z.string(), why: z.string().describe('A clause.') })
  .meta({ id: 'UnleashLeftOut' })

export const unleashOperations = {
  getUnleashFeatures: operation({
    method: 'GET',
    path: '/api/client/features',
    summary:
      'What the environment of the key serves, for SDKs of Unleash that evaluate by themselves; 304 when If-None-Match names its revision.',
    can: 'snapshot:read',
    query: z.looseObject({ namePrefix: z.string().max(200).optional() }),
    success: { status: 200, body: Features },
    bareToken: true,
  }),
  registerUnleashClient: operation({
    method: 'POST',
    path: '/api/client/register',
    summary: 'An SDK of Unleash tells that it is there; accepted, and not kept.',
    can: 'telemetry:write',
    body: Anything,
    success: { status: 202 },
    bareToken: true,
  }),
  sendUnleashMetrics: operation({
    method: 'POST',
    path: '/api/client/metrics',
    summary: 'Counts of an SDK of Unleash: shown as what applications have used, and judging nothing.',
    can: 'telemetry:write',
    body: UnleashMetrics,
    success: { status: 202 },
    bareToken: true,
  }),
  getUnleashToggles: operation({
    method: 'GET',
    path: '/api/frontend',
    summary:
      'The flags that are enabled for the context in the query, for browsers and phones with an SDK of Unleash.',
    can: 'flag:evaluate',
    query: Context,
    success: { status: 200, body: Toggles },
    bareToken: true,
  }),
  evaluateUnleashToggles: operation({
    method: 'POST',
    path: '/api/frontend',
    summary: 'The same for the context in the body.',
    can: 'flag:evaluate',
    body: z.looseObject({ context: Anything.optional() }),
    success: { status: 200, body: Toggles },
    bareToken: true,
  }),
  sendUnleashFrontendMetrics: operation({
    method: 'POST',
    path: '/api/frontend/client/metrics',
    summary: 'Counts of a browser or phone with an SDK of Unleash, treated as those of any page.',
    can: 'flag:evaluate',
    body: UnleashMetrics,
    success: { status: 202 },
    bareToken: true,
  }),
  checkUnleash: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/environments/{environment}/unleash',
    summary:
      'The flags of an environment that SDKs of Unleash cannot evaluate as we do, and are not sent, each with the reason.',
    can: 'flag:read',
    params: ProjectPath.extend({ environment: Key }),
    success: { status: 200, body: list(LeftOut) },
  }),
}
