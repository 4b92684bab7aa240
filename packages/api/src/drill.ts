/**
 * Drills on the wire: the alarm raised on purpose (P-S4-6) and the flag disabled on purpose (P-S5-6),
 * and what is known of a flag in one environment (P-S4-12).
 */
import { z } from 'zod'

import { BoundMs, exerciseFields, Toggle, TrafficMs } from './exercise.ts'
import { FlagConfigPath } from './flag.ts'
import { operation } from './operation.ts'
import { FlagKey, Id, Instant, Key, list } from './shapes.ts'

export const DrillKind = z
  .enum(['alert', 'rollback'])
  .describe(
    '`alert`: a synthetic breach must fire and arrive. `rollback`: the flag is enabled and quickly disabled outside production, and the hooks of step 5 are tried.',
  )

const Through = z
  .enum(['built-in', 'prometheus'])
  .describe(
    '`prometheus`: the rule in Prometheus, Alertmanager, and back to this server. `built-in`: the own evaluator and receiver.',
  )

export const NewDrill = z
  .strictObject({
    kind: DrillKind,
    through: Through.optional().describe(
      'Of an alert drill. Through Prometheus where its rules are installed and Alertmanager is connected, unless given.',
    ),
    boundMs: BoundMs,
    trafficMs: TrafficMs,
  })
  .meta({ id: 'NewDrill' })

const AlertResult = z.strictObject({
  nonce: z.string(),
  through: Through.optional(),
  receivers: z.array(z.string()).optional().describe("Receivers that Alertmanager's routes led to."),
  rule: z.string().describe('The criterion whose threshold was crossed.'),
  numbers: z.strictObject({ requests: z.number(), share: z.number(), threshold: z.number() }),
  hops: z
    .array(z.strictObject({ hop: z.string(), afterMs: z.number().nullable() }))
    .describe('From the injection, in order; null: not reached in time.'),
  channels: z
    .array(z.strictObject({ channel: z.string(), state: z.string(), afterMs: z.number().nullable() }))
    .describe('Channels that take the alert; none where none is configured.'),
})

const RollbackResult = z.strictObject({
  environment: Key.nullable().describe('null: no instance is connected outside production.'),
  toggles: z.array(Toggle),
  kill: Id.nullable(),
  recovery: z
    .strictObject({
      servedOn: z.boolean(),
      servedOff: z.boolean(),
      on: z.strictObject({ n: z.number(), bad: z.number() }).optional(),
      off: z.strictObject({ n: z.number(), bad: z.number() }).optional(),
    })
    .describe(
      'Whether requests of the application were served the on-branch, and the off-branch again after it.',
    ),
  synthetic: z
    .strictObject({ users: z.int(), exposed: z.int() })
    .optional()
    .describe('Synthetic users evaluated after the disable, and those that still got the feature.'),
  hooks: z
    .array(
      z.strictObject({
        hook: Key,
        version: z.int(),
        mode: z.enum(['dry-run', 'run']),
        target: z.enum(['production', 'staging']),
        run: Id.nullable(),
        ok: z.boolean(),
        said: z.string(),
      }),
    )
    .describe(
      'Really run on staging where there is one, data once a person has confirmed its plan; a dry run in production.',
    ),
})

export const Drill = z
  .strictObject({
    ...exerciseFields,
    kind: DrillKind,
    verdict: z.enum(['passed', 'failed', 'unknown']).optional().describe('Present once it is done.'),
    findings: z.array(z.string()),
    alert: AlertResult.optional(),
    rollback: RollbackResult.optional(),
    certificate: z
      .strictObject({
        hash: z.string().describe('Of the evidence.'),
        issuedAt: Instant,
        expiresAt: Instant,
        valid: z.boolean().describe('Not expired, and the flag is still what was drilled.'),
      })
      .optional()
      .describe('Of a rollback drill that passed.'),
  })
  .meta({ id: 'Drill' })
export type Drill = z.infer<typeof Drill>

export const Monitoring = z
  .strictObject({
    flag: FlagKey,
    environment: Key,
    at: Instant,
    status: z.strictObject({
      configuredRevision: z.int().describe('Of the environment.'),
      enabled: z.boolean(),
      connected: z.int(),
      instances: z.array(
        z.strictObject({
          instanceId: z.string(),
          application: z.string(),
          layers: z.array(z.string()),
          servedRevision: z.int().nullable(),
          current: z.boolean(),
        }),
      ),
    }),
    usage: z
      .strictObject({
        sinceAt: Instant,
        variants: z.array(
          z.strictObject({ variant: z.string(), n: z.number(), bad: z.number(), slow: z.number() }),
        ),
        reasons: z
          .array(z.strictObject({ variant: z.string(), reason: z.string(), n: z.number() }))
          .describe('Why the variant was served, as SDKs report it.'),
        layers: z.array(z.strictObject({ layer: z.string(), variant: z.string(), n: z.number() })),
        faults: z
          .array(z.strictObject({ code: z.string(), n: z.number() }))
          .describe('Errors by code; CODE_DEFAULT: defaults of the code that were served.'),
        browsers: z
          .array(z.strictObject({ variant: z.string().nullable(), n: z.number() }))
          .describe(
            'What pages say they have used, with a key that everybody can read: it judges nothing. null: the default of the code.',
          ),
        silent: z.boolean().describe('Instances are connected, and none reports requests of this flag.'),
      })
      .describe('Of the last hour.'),
    impact: z
      .strictObject({
        rollout: Id,
        exposedKeys: z.number().nullable(),
        criteria: z.array(
          z.strictObject({
            criterion: z.string(),
            exposed: z.number().nullable(),
            control: z.number().nullable(),
            difference: z.number().nullable(),
          }),
        ),
      })
      .nullable()
      .describe('Shares of the exposed and the control arm in the latest rollout; null before the first.'),
    alerts: z.array(z.strictObject({ rule: z.string(), state: z.enum(['quiet', 'firing']), since: Instant })),
  })
  .meta({ id: 'Monitoring' })
export type Monitoring = z.infer<typeof Monitoring>

const ofRun = z.strictObject({ project: Key, run: Id })
const path = '/api/v1/projects/{project}/runs/{run}/drills'

export const drillOperations = {
  startDrill: operation({
    method: 'POST',
    path,
    summary: 'Start a drill. Read its progress until it is done.',
    can: 'procedure:write',
    exposes: 'may',
    params: ofRun,
    body: NewDrill,
    success: { status: 202, body: Drill },
  }),
  listDrills: operation({
    method: 'GET',
    path,
    summary: 'List the drills of a run, newest first.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: list(Drill) },
  }),
  showDrill: operation({
    method: 'GET',
    path: `${path}/{drill}`,
    summary: 'Show the progress of a drill, or what it found.',
    can: 'procedure:read',
    params: ofRun.extend({ drill: Id }),
    success: { status: 200, body: Drill },
  }),
  showMonitoring: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}/monitoring',
    summary: 'Status, usage and impact of a flag in one environment.',
    can: 'flag:read',
    params: FlagConfigPath,
    success: { status: 200, body: Monitoring },
  }),
}
