/**
 * Configuration as code: what stands in the documents of a repository. Each is one object of one kind
 * at `flagmarshal.dev/v1`; a name that no kind knows is an error, so that nothing is silently ignored.
 * Their JSON Schemas are served at /schema/v1/, for editors.
 */
import { z } from 'zod'

import { FlagKind, Layer, Prerequisite, RuleInput, ServeInput, ValueType, VariantName } from './flag-model.ts'
import { NewFlag } from './flag.ts'
import { operation } from './operation.ts'
import { Policy } from './policy.ts'
import { NewEnvironment } from './project.ts'
import { Criterion, RolloutPlan } from './rollout-plan.ts'
import { NewSegment, SegmentContent } from './segment.ts'
import { FlagKey, Key, Line, Text } from './shapes.ts'

/** The version of the documents. */
export const CONFIG_VERSION = 'flagmarshal.dev/v1'

const ServedFlag = z
  .strictObject({
    enabled: z.boolean().default(false),
    offVariant: VariantName.optional().describe('The one of the flag unless given.'),
    prerequisites: z.array(Prerequisite).max(20).default([]),
    rules: z
      .array(RuleInput)
      .max(200)
      .default([])
      .describe('Without the rule that a rollout owns; that one stays as it is.'),
    fallthrough: ServeInput.optional().describe('The off variant unless given.'),
  })
  .describe('What a flag serves in one environment.')

const { name: title, description, links, owner, schema, lifetimeDays, permanentReason } = NewFlag.shape

const FlagSpec = z.strictObject({
  name: title.optional().describe('For people; the key unless given.'),
  description,
  kind: FlagKind.default('release'),
  valueType: ValueType.default('boolean'),
  variants: NewFlag.shape.variants.default({ on: true, off: false }),
  schema,
  offVariant: VariantName.default('off'),
  layers: z.array(Layer).min(1).max(3),
  owner,
  lifetimeDays,
  permanentReason,
  links,
  environments: z
    .record(Key, ServedFlag)
    .default({})
    .describe('An environment that is left out stays as it is.'),
})

const SegmentSpec = z.strictObject({
  name: Line.optional().describe('For people; the key unless given.'),
  description: NewSegment.shape.description,
  environments: z
    .record(Key, SegmentContent)
    .default({})
    .describe('An environment that is left out stays as it is.'),
})

const named = <K extends string, N extends z.ZodType, S extends z.ZodType>(
  kind: K,
  name: N,
  spec: S,
): z.ZodObject<
  {
    apiVersion: z.ZodLiteral<typeof CONFIG_VERSION>
    kind: z.ZodLiteral<K>
    metadata: z.ZodObject<{ name: N }, z.core.$strict>
    spec: S
  },
  z.core.$strict
> =>
  z.strictObject({
    apiVersion: z.literal(CONFIG_VERSION),
    kind: z.literal(kind),
    metadata: z.strictObject({ name }),
    spec,
  })

const PlanSpec = RolloutPlan.extend({
  criteria: z
    .array(z.union([Criterion, z.strictObject({ from: Key.describe('The name of a Criteria document.') })]))
    .min(1)
    .max(50),
})

/** What a document of each kind looks like. */
export const configDocuments = {
  Environment: named('Environment', Key, NewEnvironment.omit({ key: true })),
  Segment: named('Segment', FlagKey, SegmentSpec),
  Flag: named('Flag', FlagKey, FlagSpec),
  Criteria: named(
    'Criteria',
    Key,
    z
      .strictObject({ description: Text.optional(), criteria: z.array(Criterion).min(1).max(50) })
      .describe('Criteria that several plans share: a plan names them with {from: <name>}.'),
  ),
  RolloutPlan: named(
    'RolloutPlan',
    Key.describe('The feature whose plan it is: it is written to step 3 of the latest run.'),
    PlanSpec,
  ),
  Procedure: named(
    'Procedure',
    z.literal('feature-flag-rollout'),
    Policy.describe('How the runs of the project are decided: deadlines, deputies, reviewers, hours.'),
  ),
} as const

/** The kinds, in the order in which they are applied: what others need comes first. */
export type ConfigKind = keyof typeof configDocuments

/** A document with its defaults filled in. */
export type ConfigDocument<K extends ConfigKind = ConfigKind> = {
  [kind in K]: z.output<(typeof configDocuments)[kind]>
}[K]

/** A mistake in a document: where, as a path from its root, and what. */
export interface ConfigMistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Reads what was parsed from a file: a document with its defaults, or every mistake in it. */
export function readConfigDocument(
  value: unknown,
):
  | { readonly ok: true; readonly document: ConfigDocument }
  | { readonly ok: false; readonly mistakes: readonly ConfigMistake[] } {
  const { apiVersion, kind } = (value ?? {}) as { readonly apiVersion?: unknown; readonly kind?: unknown }
  if (apiVersion !== CONFIG_VERSION)
    return mistaken([{ path: ['apiVersion'], message: `apiVersion must be ${CONFIG_VERSION}.` }])
  if (typeof kind !== 'string' || !Object.hasOwn(configDocuments, kind)) {
    const kinds = Object.keys(configDocuments).join(', ')
    return mistaken([{ path: ['kind'], message: `kind must be one of ${kinds}.` }])
  }
  // Which schema it is was just looked up by its kind.
  const schema = configDocuments[kind as ConfigKind] as z.ZodType<ConfigDocument>
  const read = schema.safeParse(value)
  if (read.success) return { ok: true, document: read.data }
  return mistaken(
    read.error.issues.map((it) => ({ path: it.path, message: `${it.path.join('.')}: ${it.message}` })),
  )
}

function mistaken(mistakes: readonly ConfigMistake[]): {
  readonly ok: false
  readonly mistakes: typeof mistakes
} {
  return { ok: false, mistakes }
}

/** The JSON Schema (2020-12) of a kind, as editors read it. */
export function configSchema(kind: ConfigKind): Record<string, unknown> {
  return { title: kind, ...z.toJSONSchema(configDocuments[kind], { io: 'input', unrepresentable: 'any' }) }
}

/** The name of the file that holds the schema of a kind: `rollout-plan.json`. */
export function configSchemaFile(kind: ConfigKind): string {
  return `${kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.json`
}

export const configDocumentOperations = {
  getConfigSchema: operation({
    method: 'GET',
    path: '/schema/v1/{file}',
    summary: 'The JSON Schema of one kind of configuration document, like flag.json.',
    can: 'public',
    params: z.strictObject({
      file: z.string().regex(/^[a-z-]{1,40}\.json$/, 'Use the name of a kind, like flag.json.'),
    }),
    success: { status: 200, body: z.record(z.string(), z.unknown()) },
  }),
}
