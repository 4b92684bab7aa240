/**
 * What a caller sends to the procedure: features, triggers, inputs, the work plan, decisions, approvals.
 */
import { z } from 'zod'

import { FlagKey, Instant, Key, Line, Text } from './shapes.ts'

const Person = z.string().min(1).max(100).describe('Id of a person.')
export const Hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'Use the 64 hex digits of a SHA-256.')
  .describe('SHA-256, in hex.')
const ApproverRole = z.enum(['technical-lead', 'operations-lead', 'product-owner'])
export const Layer = z.enum(['backend', 'frontend', 'middleware'])

/** Who holds each approver role for this feature: three different people at least (P-T3). */
const RolePeople = z.strictObject({
  technicalLead: z.array(Person).min(1),
  operationsLead: z.array(Person).min(1),
  productOwner: z.array(Person).min(1),
})

export const CreateFeature = z
  .strictObject({
    key: Key,
    name: Line,
    team: Line.describe('The owning team.'),
    ticket: z.union([
      z.strictObject({ key: Line, url: z.url() }),
      z.strictObject({ none: Text.describe('Why there is no ticket.') }),
    ]),
    stakeholders: z.array(Line).default([]).describe('People to consult and to tell.'),
    roles: RolePeople,
    flag: FlagKey.describe('The flag that this feature is behind.'),
    layers: z.array(Layer).min(1),
  })
  .meta({ id: 'CreateFeature' })
export type CreateFeature = z.infer<typeof CreateFeature>

/** One fact that set the run off, or that arrived later (P-T2). */
export const TriggerFact = z
  .strictObject({
    kind: z.enum(['documentation', 'acceptance', 'feature_ready', 'strategy_needed', 'orchestration']),
    state: z.enum(['completed', 'in_progress', 'ready', 'needed']),
    source: Line.describe('Who or what says so.'),
    phase: Line.optional().describe("With `orchestration`: the caller's phase."),
    at: Instant.optional().describe('When it became so; now unless given.'),
  })
  .meta({ id: 'TriggerFact' })
export type TriggerFact = z.infer<typeof TriggerFact>

export const StartRun = z
  .strictObject({ triggers: z.array(TriggerFact).min(1), correlationId: Line.optional() })
  .meta({ id: 'StartRun' })
export type StartRun = z.infer<typeof StartRun>

/** The plan of the run itself (P-PL1 … P-PL6), never the rollout plan of step 3. */
export const WorkPlan = z
  .strictObject({
    procedures: z.array(Line).describe('Procedures that may be invoked.'),
    dependencies: z.array(Line),
    risks: z.array(z.strictObject({ risk: Text, answer: Text })),
    unknowns: z.array(Text).default([]),
    validationPoints: z.array(Line),
    notes: Text.optional(),
  })
  .meta({ id: 'WorkPlan' })
export type WorkPlan = z.infer<typeof WorkPlan>

export const ProvideInput = z
  .strictObject({
    value: z.record(z.string(), z.unknown()).describe('The shape depends on the input.'),
    attest: z
      .strictObject({ statement: Text, reference: Line })
      .optional()
      .describe('What a person vouches for where the input is a decision (P-I6).'),
  })
  .meta({ id: 'ProvideInput' })
export type ProvideInput = z.infer<typeof ProvideInput>

export const ReviewWorkPlan = z
  .strictObject({ verdict: z.enum(['approved', 'rejected']), comments: z.string().max(4000).default('') })
  .meta({ id: 'ReviewWorkPlan' })
export type ReviewWorkPlan = z.infer<typeof ReviewWorkPlan>

export const WriteStep = z
  .strictObject({ output: z.record(z.string(), z.unknown()).describe("The step's output, whole.") })
  .meta({ id: 'WriteStep' })
export type WriteStep = z.infer<typeof WriteStep>

export const GiveEvidence = z
  .union([
    z.strictObject({ check: Line, statement: Text, reference: Line }),
    z.strictObject({ check: Line, notApplicable: Text.describe('Why it does not apply (P-E12).') }),
  ])
  .meta({ id: 'GiveEvidence' })
export type GiveEvidence = z.infer<typeof GiveEvidence>

export const DecideStep = z
  .strictObject({
    decision: z.enum(['go', 'no-go']),
    rationale: Text,
    overrides: z.array(z.strictObject({ check: Line, reason: Text })).default([]),
    unchangedBecause: Text.optional().describe(
      'Needed for a Go whose output is that of the refused attempt: why nothing changed.',
    ),
  })
  .meta({ id: 'DecideStep' })
export type DecideStep = z.infer<typeof DecideStep>

export const ReviewSubject = z
  .strictObject({
    group: z.enum(['technical', 'operations', 'business']),
    subject: Key,
    verdict: z.enum(['reviewed', 'changes_requested']),
    comment: Text.optional(),
  })
  .meta({ id: 'ReviewSubject' })
export type ReviewSubject = z.infer<typeof ReviewSubject>

export const Approve = z
  .strictObject({ role: ApproverRole, bundleHash: Hash, comment: Text.optional() })
  .meta({ id: 'Approve' })
export type Approve = z.infer<typeof Approve>

export const ScheduleRun = z
  .strictObject({ start: Instant.optional().describe('Without it the rollout starts when it is started.') })
  .meta({ id: 'ScheduleRun' })
export type ScheduleRun = z.infer<typeof ScheduleRun>

export const AbortRun = z
  .strictObject({
    cause: z.enum(['feature_cancelled', 'deployment_approach_changed', 'other']),
    detail: Text.optional(),
    lessons: Text,
  })
  .meta({ id: 'AbortRun' })
export type AbortRun = z.infer<typeof AbortRun>
