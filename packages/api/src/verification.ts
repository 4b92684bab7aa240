/**
 * Verification runs on the wire (P-S2-4, P-S2-5, P-S2-8 … P-S2-10): a flag tried in every environment
 * of its project, by the engine and by connected instances. In a protected environment nothing is
 * switched on.
 */
import type { VerificationAnswers as AnswersModel } from '@flagmarshal/evaluation'
import { z } from 'zod'

import { InstanceId } from './delivery.ts'
import { BoundMs, exerciseFields, Toggle, TrafficMs } from './exercise.ts'
import { FlagValue } from './flag-model.ts'
import { operation } from './operation.ts'
import { Id, Key, list } from './shapes.ts'

const Name = z.string().min(1).max(128)

export const VerificationAnswers = z
  .strictObject({
    instanceId: InstanceId,
    answers: z
      .array(z.strictObject({ draft: Name, variants: z.array(Name.nullable()).max(500) }))
      .max(10)
      .describe('By draft: the variant of each context, in order; null where the answer is an error.'),
    codeDefault: FlagValue.exactOptional().describe(
      'The default that the code gives; absent while it has not asked the flag.',
    ),
  })
  .meta({ id: 'VerificationAnswers' }) satisfies z.ZodType<AnswersModel>

export const NewVerification = z
  .strictObject({ boundMs: BoundMs, trafficMs: TrafficMs })
  .meta({ id: 'NewVerification' })

const Environment = z.strictObject({
  environment: Key,
  protected: z.boolean(),
  engine: z.strictObject({ findings: z.array(z.string()), figures: z.record(z.string(), z.json()) }),
  sdk: z
    .strictObject({
      asked: z.array(z.string()).describe('Connected instances that allow it; none: engine only.'),
      answered: z.array(z.string()),
      contexts: z.int(),
      findings: z.array(z.string()),
    })
    .describe('What connected SDKs made of the same drafts.'),
  toggles: z.array(Toggle),
  layers: z.array(
    z.strictObject({
      layer: z.string(),
      instances: z.array(z.string()),
      servedOn: z.boolean(),
      servedOff: z.boolean(),
      codeDefaults: z.array(z.json()).describe('Distinct ones of the instances that told theirs.'),
    }),
  ),
})

export const VerificationRun = z
  .strictObject({
    ...exerciseFields,
    boundMs: z.int(),
    environments: z.array(Environment).optional().describe('Present once it is done.'),
  })
  .meta({ id: 'VerificationRun' })
export type VerificationRun = z.infer<typeof VerificationRun>

const ofRun = z.strictObject({ project: Key, run: Id })
const path = '/api/v1/projects/{project}/runs/{run}/verifications'

export const verificationOperations = {
  startVerification: operation({
    method: 'POST',
    path,
    summary: 'Try the flag of a run in every environment. Read its progress until it is done.',
    can: 'procedure:write',
    exposes: 'may',
    params: ofRun,
    body: NewVerification,
    success: { status: 202, body: VerificationRun },
  }),
  listVerifications: operation({
    method: 'GET',
    path,
    summary: 'List the verification runs of a run, newest first.',
    can: 'procedure:read',
    params: ofRun,
    success: { status: 200, body: list(VerificationRun) },
  }),
  showVerification: operation({
    method: 'GET',
    path: `${path}/{verification}`,
    summary: 'Show the progress of a verification run, or what it found.',
    can: 'procedure:read',
    params: ofRun.extend({ verification: Id }),
    success: { status: 200, body: VerificationRun },
  }),
  answerVerification: operation({
    method: 'POST',
    path: '/api/v1/environments/{environment}/verifications/{verification}/answers',
    summary: 'Answer a `verify` event of the stream: what an instance makes of the drafts.',
    can: 'telemetry:write',
    params: z.strictObject({ environment: Key, verification: Id }),
    body: VerificationAnswers,
    success: { status: 204 },
  }),
}
