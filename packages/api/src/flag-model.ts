/**
 * What a flag serves, as JSON: conditions, rules, allocations. The same shapes as the engine's model,
 * with the limits that untrusted input needs.
 *
 * Reading is wider than writing: a stored configuration may hold the one rule that a rollout owns,
 * and a caller may send that rule back unchanged, so its shape is accepted here and its origin is
 * judged by the server.
 */
import type {
  Allocation as AllocationModel,
  Condition as ConditionModel,
  HashScheme as HashSchemeModel,
  JsonObject as JsonObjectModel,
  Prerequisite as PrerequisiteModel,
  Rule as RuleModel,
  Serve as ServeModel,
} from '@flagmarshal/evaluation'
import { z } from 'zod'

import { Attempt, FlagKey } from './shapes.ts'

/** Buckets of an allocation: 0..100000, in steps of 0.001 %. */
const BUCKETS = 100_000

/** The name of a variant, inside its flag. */
export const VariantName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'Use 1 to 63 letters, digits, ., _ and -, beginning with a letter or digit.',
  )

export const FlagKind = z.enum(['release', 'experiment', 'permission', 'ops'])
export const Layer = z.enum(['backend', 'frontend', 'middleware'])
export const ValueType = z.enum(['boolean', 'string', 'number', 'object'])

/** Characters of an object or of a JSON Schema, written as JSON. */
const MAX_JSON = 50_000

const JsonValue = z.json().meta({ id: 'JsonValue', description: 'Any JSON value.' })

/** A JSON object of bounded size. */
export const JsonObject = z
  .record(z.string(), JsonValue)
  .refine((it) => JSON.stringify(it).length <= MAX_JSON, `Use at most ${MAX_JSON} characters of JSON.`)
  .meta({ id: 'JsonObject' }) satisfies z.ZodType<JsonObjectModel>

export const FlagValue = z.union([z.boolean(), z.string().max(10_000), z.number(), JsonObject])
/** What a variant is worth. */
export const VariantValue = FlagValue.nullable().describe(
  'Of the flag’s value type; null is the caller’s own default.',
)
export const Variants = z
  .record(VariantName, VariantValue)
  .refine((it) => Object.keys(it).length >= 1, 'A flag has at least one variant.')
  .refine((it) => Object.keys(it).length <= 100, 'A flag has at most 100 variants.')
  .refine(
    (it) => Object.values(it).some((value) => value !== null),
    'A flag has at least one variant with a value.',
  )
  .describe('Named values, all of the flag’s value type; null is the caller’s own default.')

const Attribute = z.string().min(1).max(200)
const Operand = z.string().max(1_000)
const ignoreCase = z.boolean().exactOptional()

/** The kind of context whose attribute is meant, as in LaunchDarkly. */
const contextKind = z
  .string()
  .regex(/^[\w.-]{1,200}$/, 'Use letters, digits, ., _ and -.')
  .exactOptional()
  .describe(
    'The kind of context that has the attribute: `kind` of the context (`user` where it has none), or a member of a context of kind `multi`. The attribute may be a path then, like `/address/street`.',
  )

/** How many conditions may stand inside a condition: a test on it is a recursion. */
const MAX_CONDITIONS = 200
/** Characters of a salt: an imported one holds the key of a flag or segment. */
const MAX_SALT = 600

const Comparison = z.discriminatedUnion('op', [
  z.strictObject({
    attribute: Attribute,
    contextKind,
    op: z.enum(['starts-with', 'ends-with', 'contains']),
    values: z.array(Operand).min(1).max(10_000),
    ignoreCase,
  }),
  z
    .strictObject({
      attribute: Attribute,
      contextKind,
      op: z.literal('matches'),
      values: z.array(Operand).min(1).max(20),
      ignoreCase,
    })
    .describe('A regular expression of RE2’s syntax fits somewhere in the text, in linear time.'),
  z.strictObject({
    attribute: Attribute,
    contextKind,
    op: z.enum(['equals', 'in']),
    values: z
      .array(z.union([Operand, z.number(), z.boolean()]))
      .min(1)
      .max(100_000),
    ignoreCase,
  }),
  z.strictObject({
    attribute: Attribute,
    contextKind,
    op: z.enum(['less-than', 'at-most', 'more-than', 'at-least']),
    values: z.tuple([z.number()]),
  }),
  z
    .strictObject({
      attribute: Attribute,
      contextKind,
      op: z.enum(['before', 'after']),
      values: z.tuple([Operand]),
    })
    .describe('The attribute is an RFC 3339 date or time, or milliseconds since 1970.'),
  z
    .strictObject({
      attribute: Attribute,
      contextKind,
      op: z.enum([
        'version-equals',
        'version-less-than',
        'version-at-most',
        'version-more-than',
        'version-at-least',
        'version-same-major',
        'version-same-minor',
      ]),
      values: z.tuple([Operand]),
    })
    .describe('Semantic versions; `1.2` is `1.2.0`.'),
  z
    .strictObject({
      attribute: Attribute,
      contextKind,
      op: z.literal('in-cidr'),
      values: z.array(Operand).min(1).max(1_000),
    })
    .describe('An IP address, version 4 or 6, in one of the blocks.'),
  z.strictObject({ attribute: Attribute, contextKind, op: z.literal('exists') }),
])

const bucket = z.int().min(0).max(BUCKETS)

const HashScheme = z
  .enum([
    'murmur3',
    'flagd',
    'unleash',
    'unleash-variant',
    'unleash-weights',
    'growthbook-1',
    'growthbook-2',
    'launchdarkly',
    'flagsmith',
    'goff',
  ])
  .describe(
    'How a key becomes a bucket; the vendors’ schemes keep the users of imported flags.',
  ) satisfies z.ZodType<HashSchemeModel>

/** A share of bucketing keys, as a test. */
const KeyShare = z.strictObject({
  by: Attribute,
  contextKind,
  salt: z.string().max(MAX_SALT),
  hash: HashScheme,
  ranges: z
    .array(z.strictObject({ from: bucket, to: bucket }))
    .min(1)
    .max(1_000),
})

export const Condition: z.ZodType<ConditionModel> = z
  .lazy(() =>
    z.union([
      // First, because most are one: what is tried in vain costs more than what fits.
      Comparison,
      z.strictObject({ all: z.array(Condition).max(MAX_CONDITIONS) }),
      z.strictObject({ any: z.array(Condition).max(MAX_CONDITIONS) }),
      z.strictObject({ not: Condition }),
      z.strictObject({ segment: FlagKey }),
      z
        .strictObject({ jsonLogic: JsonValue })
        .refine((it) => JSON.stringify(it).length <= MAX_JSON, `Use at most ${MAX_JSON} characters of JSON.`)
        .describe('JSONLogic, for what an import could not say otherwise.'),
      z
        .strictObject({ bucketed: KeyShare })
        .describe('The bucket of a key lies in one of the ranges; without a key it does not.'),
      z
        .strictObject({ malformed: z.string().min(1).max(1_000) })
        .describe(
          'Whoever comes to ask this gets an error, PARSE_ERROR: what a malformed flag of an import becomes.',
        ),
    ]),
  )
  .meta({
    id: 'Condition',
    description:
      'A test on the evaluation context. `{"all": []}` holds for everybody. A missing attribute makes a comparison false.',
  })

/** Another flag of the environment, and the variants of it that are wanted. */
export const Prerequisite = z
  .strictObject({
    flag: FlagKey,
    variants: z.array(VariantName).max(100).describe('With none it is never met.'),
    enabled: z
      .literal(true)
      .exactOptional()
      .describe('It must be enabled, too: what it is worth while it is off does not count.'),
  })
  .meta({ id: 'Prerequisite' }) satisfies z.ZodType<PrerequisiteModel>

export const Allocation = z
  .strictObject({
    by: Attribute.default('targetingKey').describe('Attribute that is bucketed.'),
    contextKind,
    salt: z
      .string()
      .max(MAX_SALT)
      .optional()
      .describe('Made by the server when absent. Keep it to keep everybody where they are.'),
    hash: HashScheme.default('murmur3'),
    ranges: z
      .array(z.strictObject({ from: bucket, to: bucket, variant: VariantName }))
      .max(1_000)
      .describe('Half-open, 0..100000, in ascending order. A key in no range is left to the next rule.'),
  })
  .meta({ id: 'AllocationInput' })

export const ServeInput = z
  .union([z.strictObject({ variant: VariantName }), z.strictObject({ allocation: Allocation })])
  .meta({ id: 'ServeInput' })

const RuleRollout = z.strictObject({
  id: z.string(),
  attempt: Attempt,
  treatment: z.string(),
  control: z.string(),
  keySampleRate: z.number().min(0).max(1),
})

const Exposure = z.strictObject({
  by: z.string(),
  salt: z.string(),
  hash: HashScheme,
  audiences: z.array(
    z.strictObject({
      id: z.string(),
      when: Condition,
      ranges: z.array(z.strictObject({ from: bucket, to: bucket })),
    }),
  ),
  variant: z.string(),
})

export const RuleInput = z
  .strictObject({
    id: z.string().min(1).max(128).optional().describe('Made by the server when absent.'),
    name: z.string().max(200),
    when: Condition,
    serve: z.union([
      z.strictObject({ variant: VariantName }),
      z.strictObject({ allocation: Allocation }),
      z
        .strictObject({ exposure: Exposure })
        .describe('Only in the rule that a rollout owns: leave it out, or send it back as it was read.'),
    ]),
    rollout: RuleRollout.exactOptional().describe('Marks the rule that a rollout owns.'),
  })
  .meta({ id: 'RuleInput' })

const AllocationOut = z
  .object({
    by: z.string(),
    contextKind: z.string().exactOptional(),
    salt: z.string(),
    hash: HashScheme,
    ranges: z.array(z.strictObject({ from: bucket, to: bucket, variant: z.string() })),
  })
  .meta({ id: 'Allocation' }) satisfies z.ZodType<AllocationModel>

export const Serve = z
  .union([
    z.strictObject({ variant: z.string() }),
    z.strictObject({ allocation: AllocationOut }),
    z.strictObject({ exposure: Exposure }),
  ])
  .meta({ id: 'Serve' }) satisfies z.ZodType<ServeModel>

/** What serves where no rollout can: the fallthrough. */
export const PlainServe = z
  .union([z.strictObject({ variant: z.string() }), z.strictObject({ allocation: AllocationOut })])
  .meta({ id: 'PlainServe' })

export const Rule = z
  .object({
    id: z.string(),
    name: z.string(),
    when: Condition,
    serve: Serve,
    rollout: RuleRollout.exactOptional(),
  })
  .meta({ id: 'Rule' }) satisfies z.ZodType<RuleModel>

/** What an application knows of the subject of an evaluation. */
export const EvaluationContext = z
  .record(z.string(), z.unknown())
  .describe('Flat attributes, `targetingKey` among them.')
