/**
 * The operations on required inputs that are missing, failing or not known: look again, accept what
 * cannot be looked at, agree on who gets it.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Run } from './procedure-run.ts'
import { Id, Instant, Key, Line, Text } from './shapes.ts'

const ofRun = z.strictObject({ project: Key, run: Id })
const ofInput = ofRun.extend({ input: Line })
const inputs = '/api/v1/projects/{project}/runs/{run}/inputs'
const run = { status: 200, body: Run } as const

export const inputOperations = {
  checkInputs: operation({
    method: 'POST',
    path: `${inputs}/check`,
    summary: 'Look at the references of all inputs now. It is also done every hour and at each decision.',
    can: 'procedure:write',
    params: ofRun,
    success: run,
  }),
  overrideInput: operation({
    method: 'POST',
    path: `${inputs}/{input}/override`,
    summary: 'Accept, as Technical Lead, that the references of an input cannot be looked at.',
    can: 'procedure:decide',
    signs: true,
    params: ofInput,
    body: z.strictObject({ reason: Text }).meta({ id: 'OverrideInput' }),
    success: run,
  }),
  agreeRemediation: operation({
    method: 'PUT',
    path: `${inputs}/{input}/remediation`,
    summary: 'Agree on who gets a missing input, and by when.',
    can: 'procedure:write',
    params: ofInput,
    body: z
      .strictObject({ owner: Line.describe('Who gets it: a person, a group.'), dueAt: Instant })
      .meta({ id: 'AgreeRemediation' }),
    success: run,
  }),
} as const
