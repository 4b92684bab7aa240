/**
 * Plans to begin with, for the whole installation, and what the system proposes for a step.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { RolloutPlan } from './rollout-plan.ts'
import { Id, Instant, Key, Line, list, Text } from './shapes.ts'

/** A plan without what only a feature knows. */
const TemplatePlan = RolloutPlan.omit({ environment: true, treatment: true, control: true })

export const NewPlanTemplate = z
  .strictObject({ key: Key, name: Line, description: Text, plan: TemplatePlan })
  .meta({ id: 'NewPlanTemplate' })
export type NewPlanTemplate = z.infer<typeof NewPlanTemplate>

export const PlanTemplate = z
  .object({
    key: z.string(),
    name: z.string(),
    description: z.string(),
    plan: z.record(z.string(), z.unknown()),
    builtIn: z.boolean(),
    createdBy: z.string().nullable(),
    createdAt: Instant.nullable(),
  })
  .meta({ id: 'PlanTemplate' })
export type PlanTemplate = z.infer<typeof PlanTemplate>

export const StepProposal = z
  .object({
    output: z.record(z.string(), z.unknown()).describe('What could be written; nothing has been stored.'),
    reasons: z.array(z.object({ field: z.string(), because: z.string() })),
  })
  .meta({ id: 'StepProposal' })
export type StepProposal = z.infer<typeof StepProposal>

export const planTemplateOperations = {
  listPlanTemplates: operation({
    method: 'GET',
    path: '/api/v1/plan-templates',
    summary: 'The rollout plans to begin with; the built-in one first.',
    can: 'procedure:read',
    success: { status: 200, body: list(PlanTemplate) },
  }),
  createPlanTemplate: operation({
    method: 'POST',
    path: '/api/v1/plan-templates',
    summary: 'Keep a rollout plan for other features to begin with.',
    can: 'procedure:write',
    body: NewPlanTemplate,
    success: { status: 201, body: PlanTemplate },
    idempotent: true,
  }),
  proposeStep: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/runs/{run}/steps/{step}/propose',
    summary:
      'A strategy (step 1) or a rollout plan with its review pre-filled (step 3), each choice with its reason.',
    can: 'procedure:read',
    params: z.strictObject({
      project: Key,
      run: Id,
      step: z.coerce.number().int().min(1).max(99),
    }),
    body: z.strictObject({ template: Key.default('default') }).default({ template: 'default' }),
    success: { status: 200, body: StepProposal },
  }),
} as const
