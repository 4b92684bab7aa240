/**
 * What may be given for each required input of the feature-flag rollout procedure (P-I1 … P-I12),
 * one schema per input. The run checks the rest: that tests passed, that every criterion is met.
 */
import { z } from 'zod'

import { Reference } from './reference.ts'
import { Instant, Key, Line, Text } from './shapes.ts'

const percentIncrease = z.number().min(0).max(1000)

/** The value of each input, by its id. P-I8 is observed; what can be given is its alternative (P-R13). */
export const INPUT_VALUES = {
  'P-I1': z.strictObject({ reference: Reference, acceptanceCriteria: z.array(Line).min(1).max(100) }),
  'P-I2': z.strictObject({
    layers: z
      .array(z.strictObject({ layer: z.enum(['backend', 'frontend', 'middleware']), reference: Reference }))
      .min(1)
      .max(50),
  }),
  'P-I3': z.strictObject({
    results: z
      .array(Reference)
      .min(1)
      .max(20)
      .describe('JUnit XML or CTRF JSON, as uploads or at URLs. The totals are read from them.'),
  }),
  'P-I4': z.strictObject({
    logging: Reference.exactOptional(),
    metrics: Reference.exactOptional(),
    alerting: Reference.exactOptional(),
    source: z
      .union([z.literal('built-in-telemetry'), z.strictObject({ connection: Key })])
      .default('built-in-telemetry')
      .describe('Where metrics are read: by the SDKs, or through a connection to Prometheus.'),
    named: z
      .array(Line)
      .max(50)
      .default([])
      .describe('Metrics that the source must have; those of the built-in telemetry are bad and slow.'),
  }),
  'P-I5': z.strictObject({ references: z.array(Reference).min(1).max(50) }),
  'P-I6': z.strictObject({
    reference: Reference,
    on: z.iso.date().describe('The day on which the feature was found ready.'),
    criteria: z
      .array(z.strictObject({ criterion: Line, met: z.boolean() }))
      .min(1)
      .describe('Each acceptance criterion of P-I1, met or not.'),
    procedures: z
      .array(z.strictObject({ name: Line, result: Line }))
      .default([])
      .describe('The QA procedures with their results; at least one is needed.'),
  }),
  'P-I7': z.union([
    z.strictObject({ approach: z.enum(['blue-green', 'canary', 'rolling']) }),
    z.strictObject({ approach: z.literal('other'), text: Text }),
  ]),
  'P-I8': z.strictObject({
    alternative: z.strictObject({
      instead: Text.describe('The flag system or switch that is used instead.'),
      turnedOffBy: Text.describe('How the feature is turned off there.'),
      reason: Text,
    }),
  }),
  'P-I9': z.strictObject({
    mode: z.enum(['gradual', 'immediate']),
    reason: Text,
    earliestStart: Instant.exactOptional().describe('Nothing is to start before.'),
    deadline: Instant.exactOptional().describe('It is to be complete by then.'),
  }),
  'P-I10': z.strictObject({
    maxErrorRateIncrease: percentIncrease.describe(
      'Largest acceptable relative increase of the error rate, in percent of the rate without the feature: 100 is twice as many.',
    ),
    maxLatencyIncrease: percentIncrease.describe(
      'Largest acceptable relative increase of the share of slow requests, in percent of the share without the feature.',
    ),
    maxExposedUsers: z.int().min(1).describe('Users who may be exposed before a person has looked.'),
  }),
  'P-I11': z.union([
    z.strictObject({ accept: z.literal('built-in-telemetry'), statement: Text }),
    z.strictObject({ connection: Key, statement: Text }).describe('Each part of it is asked.'),
  ]),
  'P-I12': z.strictObject({ reference: Reference, previousVersion: Line }),
} as const satisfies Record<string, z.ZodType>

/** The inputs that can be given by name. */
export const InputId = z.enum(Object.keys(INPUT_VALUES) as [keyof typeof INPUT_VALUES])
