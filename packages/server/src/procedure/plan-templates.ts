/** Rollout plans to begin with (P-S3-1): the built-in one, and those that people keep. */
import type { NewPlanTemplate, PlanTemplate } from '@flagmarshal/api/plan-template'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { defaultPlan, guardrail } from '@flagmarshal/domain/rollout/plan'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { keyTaken } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries } from '../storage/database.ts'
import { insertTemplate, selectTemplates } from '../storage/plan-templates.ts'
import type { TemplateRow } from '../storage/plan-templates.ts'
import { jsonObject } from './json-object.ts'

const BUILT_IN: PlanTemplate = {
  key: 'default',
  name: 'The four stages of the procedure',
  description: 'Staff, beta users, everybody up to half, everybody; a day is observed before.',
  plan: jsonObject(
    defaultPlan({ staff: 'staff', beta: 'beta' }, [
      guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 }),
      guardrail('slow', { kind: 'telemetry', counts: 'slow' }, { ceiling: 0.1, onFail: 'hold' }),
    ]),
  ),
  builtIn: true,
  createdBy: null,
  createdAt: null,
}

/** All of them, the built-in one first. */
export async function listPlanTemplates({ kysely }: Database): Promise<PlanTemplate[]> {
  return [BUILT_IN, ...(await selectTemplates(kysely)).map(templateView)]
}

/** One by its key; undefined where there is none. */
export async function planTemplateOf(queries: Queries, key: string): Promise<PlanTemplate | undefined> {
  if (key === BUILT_IN.key) return BUILT_IN
  const row = (await selectTemplates(queries)).find((it) => it.key === key)
  return row === undefined ? undefined : templateView(row)
}

/** Keeps a plan. */
export async function createPlanTemplate(
  context: Context,
  database: Database,
  { key, name, description, plan }: NewPlanTemplate,
): Promise<PlanTemplate | Refusal> {
  return await database.transaction(async (tx) => {
    const row = {
      key,
      name,
      description,
      plan: toJson(plan),
      created_at: context.now,
      created_by: context.actor.id,
    }
    if (key === BUILT_IN.key || !(await insertTemplate(tx, row))) return keyTaken('plan template', key)
    const view = templateView({ ...row, plan })
    await record(tx, context, {
      chain: 'installation',
      action: 'plan-template.create',
      subject: { kind: 'plan-template', id: key },
      after: view,
    })
    return view
  })
}

function templateView({ key, name, description, plan, created_at, created_by }: TemplateRow): PlanTemplate {
  return {
    key,
    name,
    description,
    plan: jsonObject(Object(plan)),
    builtIn: false,
    createdBy: created_by,
    createdAt: created_at.toISOString(),
  }
}
