/**
 * Flags on the wire: the definition, shared by all environments, and one configuration in each.
 */
import { z } from 'zod'

import {
  EvaluationContext,
  FlagKind,
  FlagValue,
  VariantValue,
  JsonObject,
  Layer,
  PlainServe,
  Prerequisite,
  Rule,
  RuleInput,
  ServeInput,
  ValueType,
  VariantName,
  Variants,
} from './flag-model.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { FlagKey, Instant, Key, Line, list, Revision, Text } from './shapes.ts'

const Layers = z
  .array(Layer)
  .min(1)
  .max(3)
  .refine((it) => new Set(it).size === it.length, 'Name each layer once.')
  .describe('Where the flag is read. More than one makes it cross-layer.')

const Links = z.array(z.strictObject({ name: Line, url: z.url({ protocol: /^https?$/ }).max(2_000) })).max(20)

const LifetimeDays = z
  .int()
  .min(1)
  .max(3_650)
  .describe('Days until the flag should be gone. Default: release and experiment 40, ops 7, permission none.')

const PermanentReason = Line.describe('Why the flag stays for ever; instead of `lifetimeDays`.')

const ValueSchema = JsonObject.describe('JSON Schema (2020-12) that every variant must satisfy.')
const Prerequisites = z
  .array(Prerequisite)
  .max(20)
  .describe('What other flags must serve first; otherwise the off variant is served.')

export const NewFlag = z
  .strictObject({
    key: FlagKey,
    name: Line,
    kind: FlagKind,
    valueType: ValueType,
    variants: Variants,
    schema: ValueSchema.optional(),
    offVariant: VariantName.describe(
      'Served while the flag is disabled. An environment may name another one.',
    ),
    layers: Layers,
    owner: Line.describe('The team or person who answers for the flag.'),
    description: Text.optional(),
    lifetimeDays: LifetimeDays.optional(),
    permanentReason: PermanentReason.optional(),
    links: Links.optional(),
  })
  .meta({ id: 'NewFlag' })
export type NewFlag = z.infer<typeof NewFlag>

export const FlagChange = z
  .strictObject({
    name: Line.optional(),
    variants: Variants.optional().describe('All variants; one that an environment uses cannot be left out.'),
    schema: ValueSchema.nullable().optional().describe('JSON Schema of the variants; null takes it away.'),
    layers: Layers.optional(),
    owner: Line.optional(),
    description: Text.nullable().optional(),
    lifetimeDays: LifetimeDays.optional().describe('Replaces `permanentReason`.'),
    permanentReason: PermanentReason.optional().describe('Replaces `lifetimeDays`.'),
    links: Links.optional(),
  })
  .describe('What is left out stays as it is.')
  .meta({ id: 'FlagChange' })
export type FlagChange = z.infer<typeof FlagChange>

export const FlagConfig = z
  .strictObject({
    environment: Key,
    enabled: z.boolean().describe('The kill switch: false serves the off variant, whatever the rules say.'),
    offVariant: z.string(),
    prerequisites: z.array(Prerequisite).exactOptional().describe('Absent where there are none.'),
    rules: z.array(Rule).describe('The first one that matches wins.'),
    fallthrough: PlainServe,
    revision: Revision,
    environmentRevision: z
      .int()
      .min(0)
      .describe('The revision of the environment that brought this configuration; 0 before any change.'),
    updatedAt: Instant,
    updatedBy: z.string(),
  })
  .meta({ id: 'FlagConfig' })
export type FlagConfig = z.infer<typeof FlagConfig>

export const Flag = z
  .strictObject({
    key: FlagKey,
    name: Line,
    kind: FlagKind,
    valueType: ValueType,
    variants: z.record(z.string(), VariantValue),
    schema: JsonObject.optional().describe('JSON Schema that every variant satisfies.'),
    offVariant: z.string(),
    layers: z.array(Layer),
    owner: z.string(),
    description: z.string().optional(),
    lifetimeDays: z.int().optional(),
    permanentReason: z.string().optional(),
    expiresAt: Instant.optional().describe('When its lifetime ends.'),
    archivedAt: Instant.optional().describe('It was given up: off everywhere, and not to be changed.'),
    links: Links,
    createdAt: Instant,
    createdBy: z.string(),
    revision: Revision.describe('Of the definition. Each environment’s configuration has its own.'),
    environments: z.array(FlagConfig),
  })
  .meta({ id: 'Flag' })
export type Flag = z.infer<typeof Flag>

export const FlagConfigChange = z
  .strictObject({
    enabled: z.boolean(),
    offVariant: VariantName,
    prerequisites: Prerequisites.optional().describe('Left out, they stay as they are.'),
    rules: z.array(RuleInput).max(200),
    fallthrough: ServeInput,
  })
  .describe('The whole configuration. The rule that a rollout owns may be left out; it stays.')
  .meta({ id: 'FlagConfigChange' })
export type FlagConfigChange = z.infer<typeof FlagConfigChange>

const Range = z.strictObject({ from: z.int(), to: z.int() })

export const TraceStep = z
  .strictObject({
    ruleId: z.string().exactOptional().describe('Absent for the fallthrough.'),
    name: z.string(),
    outcome: z
      .enum(['served', 'not-met', 'left-out', 'key-missing', 'undecidable'])
      .describe('`left-out`: the condition holds, but the key falls into none of the ranges.'),
    because: z.string().describe('A clause that says why.'),
    audience: z.string().exactOptional(),
    bucket: z.int().exactOptional().describe('0..99999, where a key was hashed.'),
    ranges: z.array(Range).exactOptional(),
  })
  .meta({ id: 'TraceStep' })

export const Explanation = z
  .strictObject({
    flag: z.string(),
    reason: z.string(),
    value: FlagValue.exactOptional().describe(
      'Absent with an error, and where the variant has no value: the caller serves its own default.',
    ),
    variant: z.string().exactOptional(),
    ruleId: z.string().exactOptional(),
    arm: z.enum(['exposed', 'control', 'outside']).exactOptional(),
    audience: z.string().exactOptional(),
    rollout: z.strictObject({ id: z.string(), attempt: z.int() }).exactOptional(),
    errorCode: z.string().exactOptional(),
    errorMessage: z.string().exactOptional(),
    trace: z.array(TraceStep).describe('The rules up to the one that decided.'),
    sentence: z.string().describe('The same for a person.'),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>

export const FlagPath = z.strictObject({ ...ProjectPath.shape, flag: FlagKey })
export const FlagConfigPath = z.strictObject({ ...FlagPath.shape, environment: Key })

export const flagOperations = {
  listFlags: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flags',
    summary: 'List the flags of a project with their configuration in each environment.',
    can: 'flag:read',
    params: ProjectPath,
    success: { status: 200, body: list(Flag) },
  }),
  archiveFlag: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/archive',
    summary:
      'Give a flag up that is off everywhere: it stays off, is not changed any more, and its key stays taken.',
    can: 'flag:write',
    params: FlagPath,
    body: z.strictObject({ reason: Line }),
    success: { status: 200, body: Flag },
  }),
  restoreFlag: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/restore',
    summary: 'Take an archived flag back, off everywhere.',
    can: 'flag:write',
    exposes: 'never',
    params: FlagPath,
    body: z.strictObject({ reason: Line }),
    success: { status: 200, body: Flag },
  }),
  createFlag: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags',
    summary: 'Create a flag, off in every environment.',
    can: 'flag:write',
    exposes: 'never',
    params: ProjectPath,
    body: NewFlag,
    success: { status: 201, body: Flag },
    idempotent: true,
  }),
  getFlag: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flags/{flag}',
    summary: 'Show a flag with its configuration in each environment.',
    can: 'flag:read',
    params: FlagPath,
    success: { status: 200, body: Flag },
  }),
  changeFlag: operation({
    method: 'PATCH',
    path: '/api/v1/projects/{project}/flags/{flag}',
    summary: 'Change the definition of a flag.',
    can: 'flag:write',
    params: FlagPath,
    body: FlagChange,
    success: { status: 200, body: Flag },
    ifMatch: true,
  }),
  getFlagConfig: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}',
    summary: 'Show the configuration of a flag in one environment.',
    can: 'flag:read',
    params: FlagConfigPath,
    success: { status: 200, body: FlagConfig },
  }),
  configureFlag: operation({
    method: 'PUT',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}',
    summary: 'Replace the configuration of a flag in one environment.',
    can: 'flag:write',
    params: FlagConfigPath,
    body: FlagConfigChange,
    success: { status: 200, body: FlagConfig },
    ifMatch: true,
  }),
  explainFlag: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}/explain',
    summary: 'Evaluate a flag, or a draft of its configuration, for one context and say why it answers so.',
    can: 'flag:read',
    params: FlagConfigPath,
    body: z.strictObject({
      context: EvaluationContext,
      draft: FlagConfigChange.optional().describe(
        'In place of what is stored; nothing changes. An allocation without a salt is given one for this answer only.',
      ),
    }),
    success: { status: 200, body: Explanation },
  }),
}
