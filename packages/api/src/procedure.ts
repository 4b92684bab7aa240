/**
 * The operations of the procedure.
 *
 * Every answer about a run carries what blocks it, who must act, and the next allowed actions with
 * the exact request and command, so that nobody has to know the procedure by heart.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import {
  Bundle,
  EvidenceSummary,
  EvidenceView,
  Feature,
  Gate,
  ProcedureDefinition,
  Run,
  RUN_STATES,
} from './procedure-run.ts'
import { Check, Step } from './procedure-step.ts'
import {
  AbortRun,
  Approve,
  CreateFeature,
  DecideStep,
  GiveEvidence,
  Hash,
  ProvideInput,
  ReviewSubject,
  ReviewWorkPlan,
  ScheduleRun,
  StartRun,
  TriggerFact,
  WorkPlan,
  WriteStep,
} from './procedure-write.ts'
import { Id, Instant, Key, Line, list } from './shapes.ts'

const inProject = z.strictObject({ project: Key })
const ofFeature = inProject.extend({ feature: Key })
const ofRun = inProject.extend({ run: Id })
const ofStep = ofRun.extend({ step: z.coerce.number().int().min(1).max(99) })
const features = '/api/v1/projects/{project}/features'
const runs = '/api/v1/projects/{project}/runs/{run}'
const step = `${runs}/steps/{step}` as const
const run = { status: 200, body: Run } as const

const GateName = z.string().regex(/^(flags-ready|monitoring-configured|plan-approved|stage:[1-9][0-9]?)$/)

/** What Flagger sends to its hooks, of which only `metadata` is the user's; or a gate by its name. */
const PipelineHook = z
  .object({
    gate: GateName.optional(),
    metadata: z
      .object({ gate: GateName.optional() })
      .optional()
      .describe("Of Flagger's hook: `gate` is taken from here where it is not given."),
  })
  .describe('More fields are passed over. `plan-approved` where no gate is named.')
  .meta({ id: 'PipelineHook' })

export const procedureOperations = {
  showProcedure: operation({
    method: 'GET',
    path: '/api/v1/procedures/{procedure}',
    summary: 'The definition of a procedure: inputs, steps, checks, deciders, exit states.',
    can: 'procedure:read',
    params: z.strictObject({ procedure: Key }),
    success: { status: 200, body: ProcedureDefinition },
  }),
  createFeature: operation({
    method: 'POST',
    path: features,
    summary: 'Register a feature, the flag it is behind and the people who hold each role.',
    can: 'procedure:write',
    params: inProject,
    body: CreateFeature,
    success: { status: 201, body: Feature },
    idempotent: true,
  }),
  listFeatures: operation({
    method: 'GET',
    path: features,
    summary: 'The features of a project.',
    can: 'procedure:read',
    params: inProject,
    success: { status: 200, body: list(Feature) },
  }),
  showFeature: operation({
    method: 'GET',
    path: `${features}/{feature}`,
    summary: 'One feature.',
    can: 'procedure:read',
    params: ofFeature,
    success: { status: 200, body: Feature },
  }),
  startRun: operation({
    method: 'POST',
    path: `${features}/{feature}/runs`,
    summary: 'Start a run of the procedure. The same Idempotency-Key gives the same run.',
    can: 'procedure:write',
    params: ofFeature,
    body: StartRun,
    idempotent: true,
    success: { status: 201, body: Run },
  }),
  listRuns: operation({
    method: 'GET',
    path: `${features}/{feature}/runs`,
    summary: 'The runs of a feature, newest first.',
    can: 'procedure:read',
    params: ofFeature,
    success: {
      status: 200,
      body: list(z.strictObject({ id: z.string(), state: z.enum(RUN_STATES), startedAt: Instant })),
    },
  }),
  showRun: operation({
    method: 'GET',
    path: runs,
    summary: 'Where a run stands: blockers, who must act, the next allowed actions.',
    can: 'procedure:read',
    params: ofRun,
    success: run,
  }),
  recordTrigger: operation({
    method: 'POST',
    path: `${runs}/triggers`,
    summary: 'Add a later trigger fact, such as the acceptance being completed.',
    can: 'procedure:write',
    params: ofRun,
    body: TriggerFact,
    success: run,
  }),
  provideInput: operation({
    method: 'PUT',
    path: `${runs}/inputs/{input}`,
    summary: 'Give a required input; a halted run opens again by itself once none is missing.',
    can: 'procedure:write',
    params: ofRun.extend({ input: Line }),
    body: ProvideInput,
    success: run,
  }),
  writeWorkPlan: operation({
    method: 'PUT',
    path: `${runs}/work-plan`,
    summary: "Replace the work plan. A review that it had is void. If-Match holds the plan's own revision.",
    can: 'procedure:write',
    params: ofRun,
    body: WorkPlan,
    ifMatch: 'optional',
    success: run,
  }),
  reviewWorkPlan: operation({
    method: 'POST',
    path: `${runs}/work-plan/review`,
    summary: 'Review the work plan; by somebody other than its author.',
    can: 'procedure:write',
    params: ofRun,
    body: ReviewWorkPlan,
    success: run,
  }),
  showStep: operation({
    method: 'GET',
    path: step,
    summary: 'One step: purpose, inputs, actions, output, checks, attempts.',
    can: 'procedure:read',
    params: ofStep,
    success: { status: 200, body: Step },
  }),
  writeStep: operation({
    method: 'PUT',
    path: step,
    summary:
      'Write the output of a step. Changing a finished step makes every later one stale. If-Match holds its revision.',
    can: 'procedure:write',
    params: ofStep,
    body: WriteStep,
    ifMatch: 'optional',
    success: { status: 200, body: Step },
  }),
  showChecks: operation({
    method: 'GET',
    path: `${step}/checks`,
    summary: 'The checks of a step with their latest results.',
    can: 'procedure:read',
    params: ofStep,
    success: { status: 200, body: list(Check) },
  }),
  runChecks: operation({
    method: 'POST',
    path: `${step}/checks/run`,
    summary: 'Run the checks of a step now and keep the results as evidence.',
    can: 'procedure:write',
    params: ofStep,
    success: { status: 200, body: list(Check) },
  }),
  giveEvidence: operation({
    method: 'POST',
    path: `${step}/evidence`,
    summary: 'Attest what this version cannot check by itself, or say that an item does not apply.',
    can: 'procedure:write',
    params: ofStep,
    body: GiveEvidence,
    success: { status: 200, body: Step },
  }),
  decideStep: operation({
    method: 'POST',
    path: `${step}/decision`,
    summary: 'Go or No-Go. The checks run again at this moment.',
    can: 'procedure:decide',
    signs: true,
    params: ofStep,
    body: DecideStep,
    success: run,
  }),
  acknowledgeStep: operation({
    method: 'POST',
    path: `${step}/acknowledge`,
    summary: 'Acknowledge the validation point after a step.',
    can: 'procedure:decide',
    params: ofStep,
    success: run,
  }),
  reviewSubject: operation({
    method: 'POST',
    path: `${runs}/reviews`,
    summary: 'Mark a subject of the final review as reviewed, or ask for changes.',
    can: 'procedure:write',
    params: ofRun,
    body: ReviewSubject,
    success: run,
  }),
  requestApproval: operation({
    method: 'POST',
    path: `${runs}/approvals/request`,
    summary: 'Fix the bundle and ask the three roles for their approval.',
    can: 'procedure:write',
    params: ofRun,
    success: run,
  }),
  approveRun: operation({
    method: 'POST',
    path: `${runs}/approvals`,
    summary: 'Approve the bundle in one role; only with a personal token.',
    can: 'procedure:decide',
    signs: true,
    params: ofRun,
    body: Approve,
    success: run,
  }),
  showBundle: operation({
    method: 'GET',
    path: `${runs}/bundle`,
    summary: 'The bundle that approvals are bound to, and its hash.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: Bundle },
  }),
  scheduleRun: operation({
    method: 'POST',
    path: `${runs}/schedule`,
    summary: 'Record when the rollout starts; the run is then completed.',
    can: 'procedure:decide',
    params: ofRun,
    body: ScheduleRun,
    success: run,
  }),
  abortRun: operation({
    method: 'POST',
    path: `${runs}/abort`,
    summary: 'End the run, with the cause and what was learned.',
    can: 'procedure:decide',
    params: ofRun,
    body: AbortRun,
    success: run,
  }),
  listEvidence: operation({
    method: 'GET',
    path: `${runs}/evidence`,
    summary: 'Every piece of evidence of a run, newest first, without its content.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: list(EvidenceSummary) },
  }),
  showEvidence: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/evidence/{hash}',
    summary: 'One piece of evidence by its hash.',
    can: 'procedure:read',
    params: inProject.extend({ hash: Hash }),
    success: { status: 200, body: EvidenceView },
  }),
  showGate: operation({
    method: 'GET',
    path: `${features}/{feature}/gate`,
    summary: 'Whether a gate is open: flags-ready, monitoring-configured, plan-approved or stage:n.',
    can: 'procedure:read',
    params: ofFeature,
    query: z.strictObject({ gate: GateName }),
    success: { status: 200, body: Gate },
  }),
  confirmGate: operation({
    method: 'POST',
    path: `${features}/{feature}/gate/confirm`,
    summary: 'For pipelines: 200 when the gate is open, 403 when it is closed.',
    can: 'procedure:read',
    params: ofFeature,
    body: PipelineHook,
    success: { status: 200, body: Gate },
  }),
  confirmRollback: operation({
    method: 'POST',
    path: `${features}/{feature}/gate/rollback`,
    summary:
      'For pipelines that ask whether to roll back: 200 while the rollout of the feature rolls back or has just done so, 409 in every other case.',
    can: 'procedure:read',
    params: ofFeature,
    body: PipelineHook,
    success: {
      status: 200,
      body: z
        .object({ rollback: z.literal(true), rollout: z.string(), state: z.string() })
        .meta({ id: 'RollbackConfirmed' }),
    },
  }),
} as const
