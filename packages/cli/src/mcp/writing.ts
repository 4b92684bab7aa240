/** Tools that prepare a run, up to asking for its approval. None of them decides anything or exposes anybody. */
import { NewFlag } from '@flagmarshal/api/flag'
import { operations } from '@flagmarshal/api/operations'
import { CreateFeature, TriggerFact, WorkPlan } from '@flagmarshal/api/procedure-write'
import { z } from 'zod'

import { addressOf, Feature, standing, standingOf, StepNumber } from './run.ts'
import { AsAnswered, planned, reading, request, writing } from './tool.ts'
import type { AddTool } from './tool.ts'

const IdempotencyKey = z
  .string()
  .min(8)
  .max(100)
  .optional()
  .describe('The same key gives the same answer; give one where a call may be repeated.')
const keyed = (idempotencyKey: string | undefined) => (idempotencyKey === undefined ? {} : { idempotencyKey })

const Output = z
  .record(z.string(), z.json())
  .describe("The step's output, whole; its fields are in the step.")
const safe = { destructive: false, idempotent: true } as const

export const WRITING: readonly AddTool[] = [
  writing(
    'flagmarshal_feature_start',
    {
      ...safe,
      title: 'Start a run of the procedure',
      description:
        'Start the run of a feature, with what set it off. With register: register the feature first, with its team, ticket, flag and the people of its roles.',
      input: {
        feature: Feature,
        register: CreateFeature.omit({ key: true }).optional(),
        triggers: z.array(TriggerFact).min(1),
        correlationId: z.string().optional(),
        idempotencyKey: IdempotencyKey,
      },
      output: standing,
    },
    async (session, { feature, register, triggers, correlationId, idempotencyKey }) => {
      const project = session.project()
      const body = { triggers, ...(correlationId === undefined ? {} : { correlationId }) }
      const first =
        register === undefined
          ? []
          : [request('createFeature', { params: { project }, body: { ...register, key: feature } })]
      const last = request('startRun', { params: { project, feature }, body, ...keyed(idempotencyKey) })
      return planned(last, standingOf, first)
    },
  ),
  writing(
    'flagmarshal_input_attach',
    {
      ...safe,
      title: 'Give an input',
      description:
        'Give a required input, P-I1 to P-I12; what it refers to is looked at. What a person must vouch for (P-I6, accepting P-I11) does not count from you: ask them.',
      input: { feature: Feature, input: z.string().regex(/^P-I\d+$/), value: z.record(z.string(), z.json()) },
      output: standing,
    },
    async (session, { feature, input, value }) =>
      planned(
        request('provideInput', {
          params: { ...(await addressOf(session, feature)), input },
          body: { value },
        }),
        standingOf,
      ),
  ),
  writing(
    'flagmarshal_work_plan_write',
    {
      ...safe,
      title: 'Write the work plan',
      description:
        'The plan of the run itself: risks, unknowns, validation points; never the rollout plan. A person reviews it.',
      input: { feature: Feature, plan: WorkPlan },
      output: standing,
    },
    async (session, { feature, plan }) =>
      planned(
        request('writeWorkPlan', { params: await addressOf(session, feature), body: plan }),
        standingOf,
      ),
  ),
  proposal('flagmarshal_strategy_propose', 1, {
    title: 'Propose a strategy',
    description:
      'Type, approach, targeting and mitigation from risk and inputs, each with its reason. Nothing is stored: write it with flagmarshal_step_write.',
  }),
  proposal('flagmarshal_plan_draft', 3, {
    title: 'Draft a rollout plan',
    description:
      'Stages, criteria and the answered requirements review, each with its reason. Nothing is stored: try it with flagmarshal_plan_lint, write it with flagmarshal_step_write.',
  }),
  reading(
    'flagmarshal_plan_lint',
    {
      title: 'Try a rollout plan',
      description:
        "The checks of step 3 on a draft, or on the run's plan where none is given: stages, criteria, power, risk. Nothing is stored.",
      input: { feature: Feature, plan: Output.optional() },
      output: { checked: AsAnswered },
    },
    async (session, { feature, plan }) => {
      const params = await addressOf(session, feature)
      // The server checks the shape and names the field at fault.
      const body = (plan === undefined ? {} : { output: plan }) as never
      return { checked: { ...(await session.call('checkPlan', { params, body })) } }
    },
  ),
  writing(
    'flagmarshal_flag_create',
    {
      ...safe,
      title: 'Create a flag',
      description: 'Always off in every environment.',
      input: { ...NewFlag.shape, idempotencyKey: IdempotencyKey },
      output: { flag: AsAnswered },
    },
    async (session, { idempotencyKey, ...flag }) =>
      planned(
        request('createFlag', {
          params: { project: session.project() },
          body: flag,
          ...keyed(idempotencyKey),
        }),
        (it) => ({ flag: { ...it } }),
      ),
  ),
  writing(
    'flagmarshal_step_write',
    {
      ...safe,
      title: 'Write the output of a step',
      description:
        'Replace the output of step 1 to 6. A finished step that is changed makes every later one stale. People decide it.',
      input: { feature: Feature, step: StepNumber.max(6), output: Output },
      output: { step: AsAnswered },
    },
    async (session, { feature, step, output }) =>
      planned(
        request('writeStep', {
          params: { ...(await addressOf(session, feature)), step },
          body: { output },
        }),
        (it) => ({ step: { ...it } }),
      ),
  ),
  ...stepRuns(),
  writing(
    'flagmarshal_refs_report',
    {
      ...safe,
      title: 'Report where code asks a flag',
      description: 'What one repository says at one commit; replaces what it said before.',
      input: { flag: NewFlag.shape.key, ...operations.writeReferences.body.shape },
      output: { references: AsAnswered },
    },
    async (session, { flag, ...body }) =>
      planned(request('writeReferences', { params: { project: session.project(), flag }, body }), (it) => ({
        references: { ...it },
      })),
  ),
  writing(
    'flagmarshal_approval_request',
    {
      ...safe,
      title: 'Ask for the approvals',
      description:
        'Fix the bundle and ask the three roles. Steps 1 to 6 must be Go, subjects reviewed, comments resolved. Approving is for people.',
      input: { feature: Feature },
      output: { ...standing, bundleHash: z.string().nullable() },
    },
    async (session, { feature }) =>
      planned(request('requestApproval', { params: await addressOf(session, feature) }), (it) => ({
        ...standingOf(it),
        bundleHash: it.approvalRequest?.bundleHash ?? null,
      })),
  ),
]

/** A proposal of the system for one step. */
function proposal(
  name: string,
  step: number,
  shown: { readonly title: string; readonly description: string },
): AddTool {
  return reading(
    name,
    {
      ...shown,
      input: { feature: Feature, template: z.string().default('default').describe('Plan to begin with.') },
      output: { output: AsAnswered, reasons: z.array(z.object({ field: z.string(), because: z.string() })) },
    },
    async (session, { feature, template }) => {
      const params = { ...(await addressOf(session, feature)), step }
      const { output, reasons } = await session.call('proposeStep', { params, body: { template } })
      return { output: { ...output }, reasons }
    },
  )
}

/** What a step has a machine do, as a job whose end is read with the second tool. */
function stepRuns(): readonly AddTool[] {
  const what = z
    .enum(['inputs', 'checks', 'verification', 'alert-drill', 'rollback-drill', 'documents'])
    .describe(
      'inputs: look at all references. checks: of the step. verification: try the flag (step 2). Drills: an alarm (step 4), a quick disable in a non-production environment (step 5). documents: publish them (step 6).',
    )
  return [
    writing(
      'flagmarshal_step_run',
      {
        ...safe,
        title: 'Have a step checked',
        description:
          'Run checks, a verification, a drill, or publish the documents. In production nothing is switched on. What takes longer answers with a job.',
        input: { feature: Feature, what, step: StepNumber.optional().describe('Of the checks.') },
        output: { job: z.string().nullable(), answer: AsAnswered },
      },
      async (session, { feature, what: wanted, step = 1 }) => {
        const params = await addressOf(session, feature)
        const job = (it: { readonly id: string }) => ({ job: it.id, answer: { ...it } })
        const done = (it: object) => ({ job: null, answer: { ...it } })
        const checks = { params: { ...params, step } }
        const drill = (kind: 'alert' | 'rollback') =>
          planned(request('startDrill', { params, body: { kind } }), job)
        switch (wanted) {
          case 'inputs':
            return planned(request('checkInputs', { params }), done)
          case 'checks':
            return planned(request('runChecks', checks), done)
          case 'verification':
            return planned(request('startVerification', { params, body: {} }), job)
          case 'documents':
            return planned(request('publishDocuments', { params }), job)
          case 'alert-drill':
            return drill('alert')
          case 'rollback-drill':
            return drill('rollback')
        }
      },
    ),
    reading(
      'flagmarshal_step_job',
      {
        title: 'How a job stands',
        description: 'A verification, drill or publication that flagmarshal_step_run has started.',
        input: { feature: Feature, what: z.enum(['verification', 'drill', 'documents']), job: z.string() },
        output: { ended: z.boolean(), answer: AsAnswered },
      },
      async (session, { feature, what: wanted, job }) => {
        const params = await addressOf(session, feature)
        if (wanted === 'documents') {
          const answer = await session.call('showPublication', { params: { ...params, publication: job } })
          return { ended: answer.endedAt !== null, answer: { ...answer } }
        }
        const answer =
          wanted === 'drill'
            ? await session.call('showDrill', { params: { ...params, drill: job } })
            : await session.call('showVerification', { params: { ...params, verification: job } })
        return { ended: answer.endedAt !== undefined, answer: { ...answer } }
      },
    ),
  ]
}
