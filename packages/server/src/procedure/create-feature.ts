/** Registering a feature: the flag it is behind, and who holds each role for it. */
import type { Feature } from '@flagmarshal/api/procedure-run'
import type { CreateFeature } from '@flagmarshal/api/procedure-write'
import type { Role } from '@flagmarshal/domain/access/permission'
import { staffingProblem } from '@flagmarshal/domain/procedure/people'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { policyOf } from '../project/policy.ts'
import { keyTaken, notFound } from '../refusals.ts'
import { selectPerson } from '../storage/access.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries } from '../storage/database.ts'
import { insertFeature, selectFeature } from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { featureView } from './feature-view.ts'

const ROLES = {
  technicalLead: 'technical-lead',
  operationsLead: 'operations-lead',
  productOwner: 'product-owner',
} as const satisfies Record<string, Role>

/** Registers a feature. Refuses people who do not hold their role, and fewer than three of them (P-T3). */
export async function createFeature(
  context: Context,
  database: Database,
  project: string,
  input: CreateFeature,
): Promise<Feature | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const staffing = await staffingRefusal(tx, project, input)
    if (staffing !== undefined) return staffing
    const stored = await insertFeature(tx, {
      project,
      key: input.key,
      name: input.name,
      team: input.team,
      ticket: toJson(input.ticket),
      stakeholders: input.stakeholders,
      roles: toJson(input.roles),
      flag: input.flag,
      layers: input.layers,
      created_at: context.now,
      created_by: context.actor.id,
    })
    if (stored === 'key-taken') return keyTaken('feature', input.key)
    if (stored === 'flag-taken') {
      return refuse(
        'flag-taken',
        `Another feature is behind the flag ${input.flag}.`,
        'Give each feature its own flag.',
        '/flag',
      )
    }
    const row = await selectFeature(tx, project, input.key)
    if (row === undefined) throw new Error(`feature ${input.key} was inserted and is not there`)
    const view = featureView(row, undefined)
    await record(tx, context, {
      chain: { project },
      action: 'feature.create',
      subject: { kind: 'feature', id: input.key },
      after: view,
    })
    return view
  })
}

async function staffingRefusal(
  queries: Queries,
  project: string,
  { roles }: CreateFeature,
): Promise<Refusal | undefined> {
  for (const [field, role] of Object.entries(ROLES)) {
    const people = roles[field as keyof typeof ROLES]
    for (const [index, id] of people.entries()) {
      const person = await selectPerson(queries, id)
      if (person?.roles.includes(role) === true) continue
      const message =
        person === undefined ? `There is no person ${id}.` : `${id} does not hold the role ${role}.`
      return refuse('role-not-held', message, 'Name people who hold the role.', `/roles/${field}/${index}`)
    }
  }
  if ((await policyOf(queries, project)).tooFewPeople !== undefined) return undefined
  const problem = staffingProblem(
    {
      'technical-lead': roles.technicalLead,
      'operations-lead': roles.operationsLead,
      'product-owner': roles.productOwner,
    },
    Object.values(ROLES),
  )
  return problem === undefined
    ? undefined
    : refuse(
        'role-not-held',
        problem,
        'Name three different people in all, or let the policy of the project say why there are too few.',
        '/roles',
      )
}
