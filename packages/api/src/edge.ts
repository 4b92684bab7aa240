/**
 * What an edge and its server say to each other: what is served goes out on one stream, and what its
 * clients said comes back in relays. An edge key names project and environment.
 */
import { z } from 'zod'

import { Acknowledgement, InstanceId, Telemetry } from './delivery.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Id, Instant, Key, list } from './shapes.ts'
import { VerificationAnswers } from './verification.ts'

/** The event `keys` of the stream: who may be served. Of each key only its hash is told. */
export const EdgeKeys = z.strictObject({
  keys: z.array(
    z.strictObject({
      id: z.string(),
      hash: z.string().regex(/^[\da-f]{64}$/, 'SHA-256 of the key, in hex.'),
      kind: z.enum(['server', 'web']),
      name: z.string(),
      expiresAt: Instant.nullable(),
    }),
  ),
})
export type EdgeKeys = z.infer<typeof EdgeKeys>

/** The event `ask` of the stream: which instances are to verify a draft. */
export const EdgeAsk = z.strictObject({ instances: z.array(z.string()), request: z.unknown() })

const Count = z.int().min(0).max(1_000_000_000)
const Name = z.string().min(1).max(128)

export const Relay = z
  .strictObject({
    edge: z.strictObject({
      id: InstanceId.describe('Names the edge, also after it was started again.'),
      name: Name,
      version: Name,
    }),
    status: z
      .strictObject({
        revision: z.int().min(0),
        streams: Count.describe('Streams of SDKs that are open.'),
        browserStreams: Count.describe('Streams of OFREP clients that are open.'),
        buffered: Count.describe('Reports that wait to be relayed.'),
        turnedAway: Count.describe('Reports refused since the start, because too many waited.'),
        leaving: z.literal(true).exactOptional().describe('The edge ends in an orderly way.'),
      })
      .exactOptional(),
    signs: z
      .array(
        z.strictObject({
          instanceId: InstanceId,
          spoke: z.boolean().describe('It said something itself.'),
          streamOpen: z.boolean().exactOptional(),
        }),
      )
      .max(5_000),
    acknowledgements: z.array(Acknowledgement).max(1_000),
    reports: z.array(Telemetry).max(200),
    asks: z
      .strictObject({
        run: InstanceId.describe('Names this start of the edge.'),
        seq: z.int().min(0).describe('Grows with each batch; a repeat is discarded.'),
        counts: z.array(z.strictObject({ flag: z.string().max(500), n: Count })).max(5_000),
        used: z
          .array(
            z.strictObject({
              flag: z.string().max(500),
              variant: z.string().max(500).nullable(),
              n: Count,
            }),
          )
          .max(5_000)
          .exactOptional()
          .describe('What pages say that they used; null is the default of the code.'),
      })
      .exactOptional()
      .describe('Values asked over OFREP, where the empty flag means all, and what pages used.'),
  })
  .meta({ id: 'Relay' })
export type Relay = z.infer<typeof Relay>

export const Edge = z
  .strictObject({
    edgeId: z.string(),
    name: z.string(),
    version: z.string(),
    state: z
      .enum(['connected', 'lost', 'left'])
      .describe('`lost`: not heard of for 15 s; it may serve on what it has. `left`: it ended.'),
    revision: z.int().describe('What it served when it was last heard of.'),
    instances: z.int().describe('Instances behind it that were alive when it was last heard of.'),
    streams: z.int(),
    browserStreams: z.int(),
    buffered: z.int(),
    turnedAway: z.int(),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
  })
  .meta({ id: 'Edge' })
export type Edge = z.infer<typeof Edge>

const edges = '/api/v1/projects/{project}/environments/{environment}/edges'
const EnvironmentPath = z.strictObject({ ...ProjectPath.shape, environment: Key })

export const edgeOperations = {
  followAsEdge: operation({
    method: 'GET',
    path: '/api/v1/edge/stream',
    summary:
      'Follow the environment of an edge key: `snapshot` and `patch` as SDKs get them, `keys` with the hashes of the keys that may be served, `ask` where drafts are to be verified.',
    can: 'edge:serve',
    success: { status: 200, media: 'stream' },
  }),
  relayFromEdge: operation({
    method: 'POST',
    path: '/api/v1/edge/relay',
    summary: 'Pass on what the clients of an edge said; answered once it is stored.',
    can: 'edge:serve',
    body: Relay,
    bodyBytes: 4 * 1024 * 1024,
    success: { status: 204 },
  }),
  answerFromEdge: operation({
    method: 'POST',
    path: '/api/v1/edge/verifications/{verification}/answers',
    summary: 'Pass on what an instance behind an edge makes of drafts.',
    can: 'edge:serve',
    params: z.strictObject({ verification: Id }),
    body: VerificationAnswers,
    success: { status: 204 },
  }),
  listEdges: operation({
    method: 'GET',
    path: edges,
    summary: 'List the edges of an environment: what each serves, to how many, and when it was heard of.',
    can: 'instance:read',
    params: EnvironmentPath,
    success: { status: 200, body: list(Edge) },
  }),
  forgetEdge: operation({
    method: 'DELETE',
    path: `${edges}/{edge}`,
    summary:
      'Forget an edge that will not come back: instances that were behind it when it was lost count no longer.',
    can: 'access:write',
    params: EnvironmentPath.extend({ edge: InstanceId }),
    success: { status: 204 },
  }),
}
