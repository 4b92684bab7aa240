/**
 * What SDKs speak: snapshot, stream, acknowledgements, telemetry. The key names the project; the
 * shapes are the engine's (`evaluation/snapshot`), held to the limits that untrusted input needs.
 */
import type {
  Acknowledgement as AcknowledgementModel,
  Telemetry as TelemetryModel,
} from '@flagmarshal/evaluation'
import { z } from 'zod'

import { Condition, FlagKind, Prerequisite, Rule, Serve, ValueType, VariantValue } from './flag-model.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Attempt, Instant, Key, list } from './shapes.ts'

export const InstanceId = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'Use 1 to 128 visible ASCII characters.')
  .describe('Names a running copy of an application; the same in the header `flagmarshal-instance`.')

const Name = z.string().min(1).max(128)
const Count = z.int().min(0).max(1_000_000_000)

export const InstanceDescription = z
  .strictObject({
    application: Name,
    applicationVersion: Name.exactOptional(),
    layers: z.array(Name).max(10),
    sdk: Name,
    sdkVersion: Name,
    mode: z.enum(['stream', 'poll']),
    pollIntervalMs: z.int().min(1).max(86_400_000).exactOptional(),
    allowsVerification: z.boolean().exactOptional().describe('Evaluates drafts when the server asks.'),
  })
  .meta({ id: 'InstanceDescription' })

export const Acknowledgement = z
  .strictObject({ instanceId: InstanceId, revision: z.int().min(0), instance: InstanceDescription })
  .meta({ id: 'Acknowledgement' }) satisfies z.ZodType<AcknowledgementModel>

export const TelemetryCount = z
  .strictObject({
    flag: Name,
    variant: Name,
    arm: z.enum(['exposed', 'control', 'outside']),
    audience: Name.exactOptional(),
    rollout: z.strictObject({ id: Name, attempt: Attempt }).exactOptional(),
    reason: z
      .enum(['STATIC', 'TARGETING_MATCH', 'SPLIT', 'DISABLED', 'DEFAULT', 'CACHED', 'STALE', 'ERROR'])
      .exactOptional()
      .describe('Why this variant was served.'),
    n: Count.describe('Requests.'),
    bad: Count.describe('Of these, failed ones.'),
    slow: Count.describe('Of these, slower than the application’s bound.'),
    keys: z
      .array(z.string().regex(/^[0-9a-f]{16}$/, 'Use 16 hex digits.'))
      .max(20_000)
      .describe('Hashes of distinct bucketing keys in the sample.'),
    slices: z
      .array(
        z
          .strictObject({
            slice: z.int().min(0).max(19),
            n: Count,
            bad: Count,
            slow: Count,
          })
          .refine((it) => it.bad <= it.n && it.slow <= it.n, {
            error: 'There cannot be more bad or slow requests than requests.',
          }),
      )
      .max(20)
      .exactOptional()
      .describe('Outside a rollout: the requests again, by twentieths of the targeting keys.'),
  })
  .refine((it) => it.bad <= it.n, {
    path: ['bad'],
    error: 'There cannot be more bad requests than requests.',
  })
  .refine((it) => it.slow <= it.n, {
    path: ['slow'],
    error: 'There cannot be more slow requests than requests.',
  })

/** Sums and means of what is stored stay numbers. */
const Used = z.number().min(0).max(Number.MAX_SAFE_INTEGER)

const ProcessUsage = z
  .strictObject({
    cpu: Used.describe('Cores that were busy with it.'),
    memoryBytes: Used,
    heapBytes: Used,
    loopDelaySeconds: Used.describe('Delay of the event loop, 99th percentile.'),
    loopBusy: Used.describe('Busy share of the event loop.'),
    pools: z.array(z.strictObject({ name: Name, size: Used, inUse: Used, waiting: Used })).max(50),
  })
  .meta({ id: 'ProcessUsage' })

export const Telemetry = z
  .strictObject({
    instanceId: InstanceId,
    seq: z.int().min(0).describe('Grows with each report of the instance; a repeat is discarded.'),
    fromMs: z.number().min(0),
    toMs: z.number().min(0),
    counts: z.array(TelemetryCount).max(2_000),
    errors: z.array(z.strictObject({ flag: Name, code: Name, n: Count })).max(2_000),
    codeDefaults: z.array(z.strictObject({ flag: Name, n: Count })).max(2_000),
    process: ProcessUsage.exactOptional().describe('What the process uses; not in every report.'),
  })
  .meta({ id: 'Telemetry' }) satisfies z.ZodType<TelemetryModel>

export const Snapshot = z
  .strictObject({
    schema: z.literal(1),
    project: z.string(),
    environment: z.string(),
    revision: z.int().min(0),
    generatedAt: Instant,
    flags: z.array(
      z.strictObject({
        key: z.string(),
        kind: FlagKind,
        valueType: ValueType,
        variants: z.record(z.string(), VariantValue),
        enabled: z.boolean(),
        offVariant: z.string(),
        prerequisites: z.array(Prerequisite).exactOptional(),
        rules: z.array(Rule),
        fallthrough: Serve,
      }),
    ),
    segments: z.array(
      z.strictObject({
        key: z.string(),
        when: Condition.exactOptional(),
        include: z.array(z.string()).exactOptional(),
        exclude: z.array(z.string()).exactOptional(),
      }),
    ),
    telemetry: z.strictObject({ flushIntervalMs: z.int(), pollIntervalMs: z.int() }),
  })
  .meta({ id: 'Snapshot' })
export type Snapshot = z.infer<typeof Snapshot>

export const Instance = z
  .strictObject({
    instanceId: z.string(),
    description: InstanceDescription.optional().describe('Absent until the first acknowledgement.'),
    state: z
      .enum(['connected', 'silent', 'ended', 'unreachable'])
      .describe(
        '`silent`: not heard of in its time. `ended`: closed its stream and stayed away. `unreachable`: behind an edge that was lost; it may serve on what it has.',
      ),
    streamOpen: z.boolean(),
    edge: z
      .strictObject({ edgeId: z.string(), name: z.string(), lostSince: Instant.optional() })
      .optional()
      .describe('The edge that serves it; absent for one that is connected here.'),
    acknowledgedRevision: z.int().optional(),
    acknowledgedAt: Instant.optional(),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
  })
  .meta({ id: 'Instance' })
export type Instance = z.infer<typeof Instance>

const EnvironmentPath = z.strictObject({ environment: Key })

export const deliveryOperations = {
  getSnapshot: operation({
    method: 'GET',
    path: '/api/v1/environments/{environment}/snapshot',
    summary: 'Download everything that the environment serves; 304 when If-None-Match names its revision.',
    can: 'snapshot:read',
    params: EnvironmentPath,
    success: { status: 200, body: Snapshot },
  }),
  streamSnapshot: operation({
    method: 'GET',
    path: '/api/v1/environments/{environment}/stream',
    summary:
      'Follow the environment: the event `snapshot`, or after Last-Event-ID the missed ones, then `patch` events; ids are revisions.',
    can: 'snapshot:read',
    params: EnvironmentPath,
    success: { status: 200, media: 'stream' },
  }),
  acknowledgeRevision: operation({
    method: 'POST',
    path: '/api/v1/environments/{environment}/acks',
    summary: 'Say which revision an instance evaluates with.',
    can: 'telemetry:write',
    params: EnvironmentPath,
    body: Acknowledgement,
    success: { status: 204 },
  }),
  sendTelemetry: operation({
    method: 'POST',
    path: '/api/v1/environments/{environment}/telemetry',
    summary: 'Report counts of requests; empty, it is a heartbeat.',
    can: 'telemetry:write',
    params: EnvironmentPath,
    body: Telemetry,
    success: { status: 202 },
  }),
  listOwnInstances: operation({
    method: 'GET',
    path: '/api/v1/environments/{environment}/instances',
    summary: 'List the instances of the environment that the key belongs to.',
    can: 'instance:read',
    params: EnvironmentPath,
    success: { status: 200, body: list(Instance) },
  }),
  listInstances: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/environments/{environment}/instances',
    summary: 'List the instances of an environment: who runs which revision, and who is silent.',
    can: 'instance:read',
    params: z.strictObject({ ...ProjectPath.shape, environment: Key }),
    success: { status: 200, body: list(Instance) },
  }),
}
