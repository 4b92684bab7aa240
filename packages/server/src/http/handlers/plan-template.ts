/** Plans to begin with, and proposals for a step, over HTTP. */
import type { planTemplateOperations } from '@flagmarshal/api/plan-template'

import { createPlanTemplate, listPlanTemplates } from '../../procedure/plan-templates.ts'
import { proposeStep } from '../../procedure/propose.ts'
import { reply, replyList } from '../handler.ts'
import type { Handlers } from '../handler.ts'

export const handlers: Handlers<typeof planTemplateOperations> = {
  listPlanTemplates: async ({ services }) => replyList(await listPlanTemplates(services.database)),

  createPlanTemplate: async ({ context, services, body }) =>
    reply(await createPlanTemplate(context, services.database, body)),

  proposeStep: async ({ context, services, params, body }) =>
    reply(await proposeStep(context, services.database, params, body.template)),
}
