/** Acts on a run beside its straight way, over HTTP. */
import type { procedureActOperations } from '@flagmarshal/api/procedure-act'
import { STEP_OUTPUTS } from '@flagmarshal/api/procedure-outputs'
import { OUTPUT_STEPS } from '@flagmarshal/domain/procedure/feature-flag-rollout/named-outputs'
import type { OutputName } from '@flagmarshal/domain/procedure/feature-flag-rollout/named-outputs'
import { isRefusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import { closeAction } from '../../procedure/close-action.ts'
import { commentOnRun, resolveComment } from '../../procedure/comment.ts'
import { showOutput } from '../../procedure/outputs.ts'
import { reply } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof procedureActOperations> = {
  closeAction: async ({ context, services, params, body }) =>
    reply(await closeAction(context, services, params, body)),

  comment: async ({ context, services, params, body }) =>
    reply(await commentOnRun(context, services.database, params, body)),

  resolveComment: async ({ context, services, params, body }) =>
    reply(await resolveComment(context, services.database, params, body.note)),

  showOutput: async ({ context, services, params }) => {
    const output = await showOutput(context, services.database, params)
    return isRefusal(output) ? output : reply({ ...output, schema: schemaOf(params.output) })
  },
}

/** JSON Schema of an output: its step's, and beside it the baseline of the flag. */
function schemaOf(name: OutputName): Record<string, unknown> {
  const schema = Object.values(STEP_OUTPUTS)[OUTPUT_STEPS[name] - 1]
  return schema === undefined ? {} : { ...z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) }
}
