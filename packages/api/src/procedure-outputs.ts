/**
 * What each step of the feature-flag rollout procedure produces (P-S1 … P-S6), one schema per step.
 *
 * Every field may be left out while people are still writing; a field that is there has its final
 * shape. A Go asks for the required ones (P-E9). Step 7 produces reviews and approvals instead.
 */
import { z } from 'zod'

import { Reference } from './procedure-inputs.ts'
import { RolloutPlan } from './rollout-plan.ts'
import { FlagKey, Key, Line, Text } from './shapes.ts'

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
    .optional(),
  type: z.enum(['release', 'experiment', 'permission', 'ops']).optional(),
  approach: z.enum(['boolean', 'percentage', 'targeting', 'multi-variant']).optional(),
  layers: z.array(Layer).min(1).optional(),
  bucketBy: z.partialRecord(Layer, Line).optional().describe('The attribute that each layer buckets by.'),
  rollout: z
    .strictObject({ gradual: z.boolean(), targetPercents: z.array(z.number().min(0).max(100)).default([]) })
    .optional()
    .describe('Whether exposure grows in stages, and to which share in each.'),
  mitigation: z
    .strictObject({ quickDisable: z.boolean(), rollback: z.boolean(), monitoring: z.array(Line).default([]) })
    .optional(),
  targeting: z
    .strictObject({
      audience: z.enum(['all', 'segments', 'geography', 'beta']),
      segments: z.array(FlagKey).default([]),
      detail: Text.optional(),
    })
    .optional(),
  experiment: z.strictObject({ variants: z.array(Line), metric: Line.optional() }).optional(),
  implementation: z.strictObject({ flagSystem: Line, configuration: Text, code: Text }).optional(),
  life: z
    .strictObject({
      owner: Line,
      endsOn: z.iso.date().optional(),
      retirement: Text.optional(),
      staysBecause: Text.optional(),
    })
    .optional(),
})

const Flags = z.strictObject({
  flag: FlagKey.optional(),
  implementation: z
    .array(z.strictObject({ layer: Layer, reference: Reference, summary: Text }))
    .optional()
    .describe('Where each layer asks the flag.'),
  configuration: Text.optional().describe('How the flag is configured, in words.'),
  targetingCases: z
    .array(
      z.strictObject({
        environment: Key,
        context: z.record(z.string(), z.unknown()),
        variant: Line,
      }),
    )
    .max(500)
    .optional()
    .describe('Contexts and the variant that each must be served once the flag is enabled.'),
})

const Monitoring = z.strictObject({
  review: z
    .strictObject({ logging: Text, metrics: Text, alerting: Text })
    .optional()
    .describe('What exists, what is missing for this rollout, what is changed.'),
  metrics: z
    .array(
      z.strictObject({
        criterion: Line.describe('Id of a criterion of the rollout plan.'),
        kind: z.enum(['usage', 'errors', 'response-time', 'engagement', 'business', 'resources']),
        source: z.literal('built-in-telemetry'),
        metric: Line,
      }),
    )
    .optional(),
  dashboards: z
    .array(z.strictObject({ name: Line, reference: Reference.optional(), refreshSeconds: z.int().min(1) }))
    .optional(),
  alerts: z
    .array(z.strictObject({ criterion: Line, condition: Text, channel: Line, person: Line }))
    .optional(),
  flagMonitoring: z.strictObject({ status: Text, usage: Text, impact: Text }).optional(),
})

const Rollback = z.strictObject({
  triggers: z
    .array(
      z.strictObject({
        class: z.enum(['critical', 'performance', 'user-impact']),
        event: Text,
        bound: z.union([
          z.strictObject({ criterion: Line }).describe('A criterion of the rollout plan sets it off.'),
          z.strictObject({ person: Line }).describe('This person, or role, reports it.'),
        ]),
      }),
    )
    .optional(),
  quickDisable: z
    .strictObject({ steps: z.array(Line).min(1), verify: Text, watchMinutes: z.int().min(1) })
    .optional(),
  codeRollback: z
    .strictObject({
      steps: z.array(Line).min(1),
      targetVersion: Line,
      verify: Text,
      watchMinutes: z.int().min(1),
    })
    .optional(),
  dataRollback: z
    .discriminatedUnion('supported', [
      z.strictObject({ supported: z.literal(false), reason: Text }),
      z.strictObject({ supported: z.literal(true), steps: z.array(Line).min(1), integrityCheck: Text }),
    ])
    .optional(),
  handover: z
    .strictObject({ procedure: Line, reference: Reference })
    .optional()
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
    .optional(),
})

/** The output of each step by the step's id. */
export const STEP_OUTPUTS = {
  strategy: Strategy,
  flags: Flags,
  plan: z.strictObject({
    review: z
      .strictObject({
        business: Text,
        userImpact: Text,
        timeline: Text,
        openTestPoints: Text,
        runbooks: Text,
      })
      .optional(),
    expectations: z.strictObject({ shouldHappen: Text, mightGoWrong: Text, watch: Text }).optional(),
    monitoring: z
      .strictObject({
        keyMetrics: z.array(Line).min(1),
        dashboards: Text,
        reviewEveryMinutes: z.int().min(1),
      })
      .optional(),
    plan: RolloutPlan.optional(),
  }),
  monitoring: Monitoring,
  rollback: Rollback,
  documents: Documents,
} as const satisfies Record<string, z.ZodType>
