/**
 * What each step of the feature-flag rollout procedure produces (P-S1 … P-S6), one schema per step.
 *
 * Every field may be left out while people are still writing; a field that is there has its final
 * shape. A Go asks for the required ones (P-E9). Step 7 produces reviews and approvals instead.
 */
import { z } from 'zod'

import { MetricForm } from './metric.ts'
import { Hash } from './procedure-write.ts'
import { Reference } from './reference.ts'
import { ResourceLevel } from './resource.ts'
import { RolloutPlan } from './rollout-plan.ts'
import { FlagKey, Instant, Key, Line, Text } from './shapes.ts'

const Layer = z.enum(['backend', 'frontend', 'middleware'])
const Level = z.enum(['low', 'medium', 'high'])

const Strategy = z.strictObject({
  review: z
    .strictObject({
      scope: Text,
      complexity: Level,
      riskLevel: Level,
      dependencies: z.array(Line).default([]),
      userImpact: Text,
    })
    .exactOptional(),
  type: z.enum(['release', 'experiment', 'permission', 'ops']).exactOptional(),
  approach: z.enum(['boolean', 'percentage', 'targeting', 'multi-variant']).exactOptional(),
  layers: z.array(Layer).min(1).exactOptional(),
  bucketBy: z
    .partialRecord(Layer, Line)
    .exactOptional()
    .describe('The attribute that each layer buckets by.'),
  rollout: z
    .strictObject({ gradual: z.boolean(), targetPercents: z.array(z.number().min(0).max(100)).default([]) })
    .exactOptional()
    .describe('Whether exposure grows in stages, and to which share in each.'),
  mitigation: z
    .strictObject({
      quickDisable: z.boolean(),
      rollback: z.boolean(),
      monitoring: z.array(Line).default([]),
      disableWithinMs: z
        .int()
        .min(100)
        .max(5_000)
        .exactOptional()
        .describe('Within which time every connected instance must follow a change of the flag; 5000.'),
    })
    .exactOptional(),
  targeting: z
    .strictObject({
      audience: z.enum(['all', 'segments', 'geography', 'beta']),
      segments: z.array(FlagKey).default([]),
      detail: Text.exactOptional(),
    })
    .exactOptional(),
  experiment: z.strictObject({ variants: z.array(Line), metric: Line.exactOptional() }).exactOptional(),
  implementation: z.strictObject({ flagSystem: Line, configuration: Text, code: Text }).exactOptional(),
  life: z
    .strictObject({
      owner: Line,
      endsOn: z.iso.date().exactOptional(),
      retirement: Text.exactOptional(),
      staysBecause: Text.exactOptional(),
    })
    .exactOptional(),
})

const Flags = z.strictObject({
  flag: FlagKey.exactOptional(),
  implementation: z
    .array(z.strictObject({ layer: Layer, reference: Reference, summary: Text }))
    .exactOptional()
    .describe('Where each layer asks the flag.'),
  configuration: Text.exactOptional().describe('How the flag is configured, in words.'),
  targetingCases: z
    .array(
      z.strictObject({
        environment: Key,
        context: z.record(z.string(), z.unknown()),
        variant: Line,
      }),
    )
    .max(500)
    .exactOptional()
    .describe('Contexts and the variant that each must be served once the flag is enabled.'),
  existingTests: z
    .strictObject({ off: Hash, on: Hash })
    .exactOptional()
    .describe('Uploaded results of the tests of what existed before, with the flag off and on.'),
})

const Plan = z.strictObject({
  review: z
    .strictObject({
      business: Text,
      userImpact: Text,
      timeline: Text,
      openTestPoints: Text,
      runbooks: Text,
      unanswered: z
        .partialRecord(
          z.enum(['business', 'riskTolerance', 'userImpact', 'timeline', 'openTestPoints', 'runbooks']),
          Text,
        )
        .exactOptional()
        .describe('Why the plan does not answer a line.'),
    })
    .exactOptional()
    .describe('What the plan answers to (P-S3-9).'),
  expectations: z.strictObject({ shouldHappen: Text, mightGoWrong: Text, watch: Text }).exactOptional(),
  monitoring: z
    .strictObject({ keyMetrics: z.array(Line).min(1), dashboards: Text, reviewEveryMinutes: z.int().min(1) })
    .exactOptional(),
  timeline: z
    .strictObject({
      start: Instant.exactOptional().describe('Absent: when the rollout is started.'),
      expectedCompletion: Instant.exactOptional(),
      blackouts: z
        .array(z.strictObject({ from: Instant, to: Instant, reason: Line }))
        .max(100)
        .exactOptional()
        .describe('Times in which nothing may start, beside those of the project.'),
    })
    .exactOptional(),
  audienceShares: z
    .record(Line, z.number().min(0).max(1))
    .exactOptional()
    .describe('Expected share of everybody, 0..1, of each audience that has a segment.'),
  plan: RolloutPlan.exactOptional(),
})

const Kind = z.enum(['usage', 'errors', 'response-time', 'engagement', 'business', 'resources'])

const Monitoring = z.strictObject({
  review: z
    .strictObject({
      logging: Text,
      metrics: Text,
      alerting: Text,
      logQuery: z
        .union([z.strictObject({ query: Text, returned: Hash }), z.strictObject({ absent: Text })])
        .exactOptional()
        .describe(
          'The log query of the runbook with the upload of the lines that it returned; or why there is none.',
        ),
    })
    .exactOptional()
    .describe('What exists, what is missing for this rollout, what is changed.'),
  metrics: z
    .array(
      z.union([
        z.strictObject({
          criterion: Line.describe('Id of a criterion of the rollout plan.'),
          kind: Kind,
          source: z.literal('built-in-telemetry'),
          metric: z.enum(['bad', 'slow']),
        }),
        z
          .strictObject({ criterion: Line, kind: Kind, source: z.literal('prometheus') })
          .describe('Counted with the queries of the criterion.'),
        z
          .strictObject({
            name: Line,
            kind: Kind,
            source: z.literal('prometheus'),
            connection: Key,
            counted: MetricForm,
          })
          .describe('Looked at by people beside the criteria.'),
        z
          .strictObject({
            name: Line,
            kind: Kind,
            source: z.literal('built-in-telemetry'),
            counted: ResourceLevel,
          })
          .describe('What the SDKs report of each process.'),
      ]),
    )
    .max(100)
    .exactOptional()
    .describe('Usage is always counted by the SDKs; of the other kinds each is here or in `without`.'),
  without: z
    .array(z.strictObject({ kind: Kind, reason: Text }))
    .max(6)
    .exactOptional()
    .describe('Kinds of metrics that this rollout does without, and why.'),
  dashboards: z
    .array(
      z.strictObject({ name: Line, reference: Reference.exactOptional(), refreshSeconds: z.int().min(1) }),
    )
    .exactOptional(),
  alerts: z
    .array(z.strictObject({ criterion: Line, condition: Text, channel: Line, person: Line }))
    .exactOptional(),
  flagMonitoring: z.strictObject({ status: Text, usage: Text, impact: Text }).exactOptional(),
})

const HookName = z
  .strictObject({ key: Key, version: z.int().min(1) })
  .describe('A hook in the version that is approved; an edit of it makes another one.')

const Rollback = z.strictObject({
  triggers: z
    .array(
      z.strictObject({
        class: z.enum(['critical', 'performance', 'user-impact']),
        event: Text,
        bound: z.union([
          z.strictObject({ criterion: Line }).describe('A criterion of the rollout plan sets it off.'),
          z
            .strictObject({ alert: Line })
            .describe('An alert of this name sets it off, as a source that sends alerts reports it.'),
          z
            .strictObject({
              report: z.enum(['complaint', 'incident', 'security', 'data-loss', 'feedback']),
              severity: z.enum(['critical', 'major', 'minor']),
            })
            .describe('A report of this kind, as severe or worse, sets it off.'),
          z.strictObject({ person: Line }).describe('This person, or role, reports it and starts it.'),
        ]),
      }),
    )
    .exactOptional(),
  quickDisable: z
    .strictObject({ steps: z.array(Line).min(1), verify: Text, watchMinutes: z.int().min(1) })
    .exactOptional(),
  codeRollback: z
    .strictObject({
      steps: z.array(Line).min(1),
      targetVersion: Line,
      verify: Text,
      watchMinutes: z.int().min(1),
      hook: HookName.exactOptional().describe(
        'Carries it out; it begins by itself where a kill does not help.',
      ),
      byHand: Text.exactOptional().describe('Why no hook carries it out.'),
    })
    .exactOptional(),
  dataRollback: z
    .union([
      z.strictObject({ supported: z.literal(false), reason: Text }),
      z.strictObject({ needed: z.literal(false), reason: Text }),
      z.strictObject({
        supported: z.literal(true),
        steps: z.array(Line).min(1),
        integrityCheck: Text,
        hook: HookName.exactOptional(),
        watch: z
          .strictObject({
            everySeconds: z.int().min(1).max(86_400).default(300),
            forSeconds: z.int().min(1).max(604_800).default(3_600),
          })
          .prefault({})
          .describe('How often the integrity check is repeated afterwards, and for how long.'),
      }),
    ])
    .exactOptional()
    .describe('How data is put back; that it cannot be, or need not be, is said with the reason.'),
  infrastructureRollback: z
    .union([
      z.strictObject({ needed: z.literal(false), reason: Text }),
      z.strictObject({
        steps: z.array(Line).min(1),
        verify: Text,
        watchMinutes: z.int().min(1),
        hook: HookName.exactOptional(),
      }),
    ])
    .exactOptional(),
  handover: z
    .strictObject({
      procedure: Line,
      definition: z
        .strictObject({ id: Line, version: z.int().min(1) })
        .exactOptional()
        .describe('The definition that its runs follow.'),
      reference: Reference,
    })
    .exactOptional()
    .describe('The Rollback Procedure that takes over.'),
})

const Documents = z.strictObject({
  documents: z
    .array(
      z.strictObject({
        document: z.enum(['flag-configuration', 'rollout-plan', 'runbook-updates', 'flag-reference']),
        reference: Reference,
      }),
    )
    .exactOptional(),
})

/** The output of each step by the step's id. */
export const STEP_OUTPUTS = {
  strategy: Strategy,
  flags: Flags,
  plan: Plan,
  monitoring: Monitoring,
  rollback: Rollback,
  documents: Documents,
} as const satisfies Record<string, z.ZodType>
