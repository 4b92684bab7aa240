/** Features, runs, steps, approvals and gates over HTTP. */
import type { procedureOperations } from '@flagmarshal/api/procedure'
import { INPUT_VALUES } from '@flagmarshal/api/procedure-inputs'
import { STEP_OUTPUTS } from '@flagmarshal/api/procedure-outputs'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { listEvidence, showEvidence } from '../../evidence/show.ts'
import { lookAtMonitoring } from '../../monitoring/look.ts'
import { abortRun } from '../../procedure/abort.ts'
import { acknowledgeStep } from '../../procedure/acknowledge.ts'
import { approveRun } from '../../procedure/approve.ts'
import { showBundle } from '../../procedure/bundle.ts'
import { confirmRollback } from '../../procedure/confirm-rollback.ts'
import { createFeature } from '../../procedure/create-feature.ts'
import { decideStep } from '../../procedure/decide-step.ts'
import { giveEvidence } from '../../procedure/give-evidence.ts'
import { jsonObject } from '../../procedure/json-object.ts'
import { lookAtInputs } from '../../procedure/look-at-inputs.ts'
import { provideInput } from '../../procedure/provide-input.ts'
import { listFeatures, listRuns, showFeature } from '../../procedure/read-features.ts'
import { recordTrigger } from '../../procedure/record-trigger.ts'
import { requestApproval } from '../../procedure/request-approval.ts'
import { reviewSubject } from '../../procedure/review-subject.ts'
import { reviewWorkPlan } from '../../procedure/review-work-plan.ts'
import { runChecks } from '../../procedure/run-checks.ts'
import { scheduleRun } from '../../procedure/schedule.ts'
import { gateNotOpen, showGate } from '../../procedure/show-gate.ts'
import { showProcedure } from '../../procedure/show-procedure.ts'
import { showRun } from '../../procedure/show-run.ts'
import { showChecks, showStep } from '../../procedure/show-step.ts'
import { startRun } from '../../procedure/start-run.ts'
import { writeStep } from '../../procedure/write-step.ts'
import { writeWorkPlan } from '../../procedure/write-work-plan.ts'
import { decodePart } from '../decode.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof procedureOperations> = {
  showProcedure: async ({ services, params }) =>
    plain(await showProcedure(services.database.kysely, params.procedure)),

  createFeature: async ({ context, services, params, body }) =>
    reply(await createFeature(context, services, params.project, body)),

  listFeatures: async ({ services, params }) =>
    replyList(await listFeatures(services.database, params.project)),

  showFeature: async ({ services, params }) =>
    reply(await showFeature(services.database, params.project, params.feature)),

  startRun: async ({ context, services, params, body }) =>
    reply(await startRun(context, services.database, params, body)),

  listRuns: async ({ services, params }) =>
    replyList(await listRuns(services.database, params.project, params.feature)),

  showRun: async ({ context, services, params }) => reply(await showRun(context, services.database, params)),

  recordTrigger: async ({ context, services, params, body }) =>
    reply(await recordTrigger(context, services.database, params, body)),

  provideInput: async ({ context, services, params, body }) => {
    const value = isInput(params.input)
      ? decodePart(INPUT_VALUES[params.input], body.value, '/value')
      : body.value
    const given = { input: params.input, value: jsonObject(value), attest: body.attest }
    return reply(await provideInput(context, services, params, given))
  },

  writeWorkPlan: async ({ context, services, params, body, ifMatch }) =>
    reply(await writeWorkPlan(context, services.database, params, { input: body, ifMatch })),

  reviewWorkPlan: async ({ context, services, params, body }) =>
    reply(await reviewWorkPlan(context, services.database, params, body)),

  showStep: async ({ context, services, params }) =>
    plain(await showStep(context, services.database, params)),

  writeStep: async ({ context, services, params, body, ifMatch }) => {
    const schema = Object.values(STEP_OUTPUTS)[params.step - 1]
    const output = schema === undefined ? {} : jsonObject(decodePart(schema, body.output, '/output'))
    return plain(await writeStep(context, services.database, params, { output, ifMatch }))
  },

  showChecks: async ({ context, services, params }) =>
    replyList(await showChecks(context, services.database, params)),

  runChecks: async ({ context, services, params }) => replyList(await runChecks(context, services, params)),

  giveEvidence: async ({ context, services, params, body }) =>
    plain(await giveEvidence(context, services.database, params, body)),

  decideStep: async ({ context, services, params, body }) => {
    const looked = await lookAtInputs(context, services, params)
    const seen = isRefusal(looked) ? undefined : looked.run
    return reply(await decideStep(context, services, params, { ...body, seen }))
  },

  acknowledgeStep: async ({ context, services, params }) =>
    reply(await acknowledgeStep(context, services.database, params)),

  reviewSubject: async ({ context, services, params, body }) =>
    reply(await reviewSubject(context, services.database, params, body)),

  requestApproval: async ({ context, services, params }) => {
    await lookAtInputs(context, services, params)
    return reply(await requestApproval(context, services, params))
  },

  approveRun: async ({ context, services, params, body }) => {
    await lookAtInputs(context, services, params)
    await lookAtMonitoring(context, services, params)
    return reply(await approveRun(context, services.database, params, body))
  },

  showBundle: async ({ context, services, params }) =>
    reply(await showBundle(context, services.database, params)),

  scheduleRun: async ({ context, services, params, body }) =>
    reply(await scheduleRun(context, services, params, body)),

  abortRun: async ({ context, services, params, body }) =>
    reply(await abortRun(context, services, params, body)),

  listEvidence: async ({ services, params }) =>
    replyList(await listEvidence(services.database, params.project, params.run)),

  showEvidence: async ({ services, params }) =>
    reply(await showEvidence(services.database, params.project, params.hash)),

  showGate: async ({ context, services, params, query }) =>
    reply(await showGate(context, services.database, params, query.gate)),

  confirmGate: async ({ context, services, params, body }) => {
    const name = body.gate ?? body.metadata?.gate ?? 'plan-approved'
    const gate = await showGate(context, services.database, params, name)
    return isRefusal(gate) || gate.open ? reply(gate) : gateNotOpen(gate)
  },

  confirmRollback: async ({ context, services, params }) =>
    reply(await confirmRollback(context, services.database, params)),
}

function isInput(id: string): id is keyof typeof INPUT_VALUES {
  return Object.hasOwn(INPUT_VALUES, id)
}

/** Without an ETag: a step's revision counts its output alone, and there is more to see of a step. */
function plain<T>(
  result: T,
): Exclude<T, Refusal> extends infer B ? Extract<T, Refusal> | { readonly body: B } : never {
  // The cast says what isRefusal has decided; a generic cannot be narrowed.
  return (isRefusal(result) ? result : { body: result }) as ReturnType<typeof plain<T>>
}
