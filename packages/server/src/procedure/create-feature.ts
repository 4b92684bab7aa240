/** Registering a feature: the flag it is behind, and who holds each role for it. */
import type { Feature } from '@flagmarshal/api/procedure-run'
import type { CreateFeature } from '@flagmarshal/api/procedure-write'
import type { Role } from '@flagmarshal/domain/access/permission'
import { staffingProblem } from '@flagmarshal/domain/procedure/people'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { policyOf } from '../project/policy.ts'
import type { Resolver } from '../reference/resolver.ts'
import { keyTaken, notFound } from '../refusals.ts'
import { selectPeopleIn } from '../storage/access.ts'
import { selectChannels } from '../storage/channels.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries } from '../storage/database.ts'
import { insertFeature, selectFeature } from '../storage/procedures.ts'
import type { FeatureRow } from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { featureView } from './feature-view.ts'

const ROLES = {
  technicalLead: 'technical-lead',
  operationsLead: 'operations-lead',
  productOwner: 'product-owner',
} as const satisfies Record<string, Role>

/** What registering needs: the look-up of its ticket goes outside. */
export interface FeatureParts {
  readonly database: Database
  readonly resolver: Pick<Resolver, 'look'>
}

/**
 * Registers a feature (P-T3). Refuses people who do not hold their role, fewer than three of them, and
 * a ticket that the project's Jira does not have.
 */
export async function createFeature(
  context: Context,
  { database, resolver }: FeatureParts,
  project: string,
  input: CreateFeature,
): Promise<Feature | Refusal> {
  const ticket = await ticketSeen({ database, resolver }, project, input.ticket)
  if (isRefusal(ticket)) return ticket
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const staffing = await staffingRefusal(tx, project, input)
    if (staffing !== undefined) return staffing
    const stored = await insertFeature(tx, {
      project,
      key: input.key,
      name: input.name,
      team: input.team,
      ticket: toJson(ticket),
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

type Ticket = FeatureRow['ticket']

/** The ticket with what Jira says of it, where one is connected. */
async function ticketSeen(
  { database, resolver }: FeatureParts,
  project: string,
  ticket: CreateFeature['ticket'],
): Promise<Ticket | Refusal> {
  if (!('key' in ticket)) return ticket
  const channels = await selectChannels(database.kysely, project)
  if (!channels.some((it) => it.kind === 'jira' && it.state === 'active')) return ticket
  const [seen] = await resolver.look(project, [
    { place: 'ticket', subject: { kind: 'jira', issue: ticket.key }, tests: false },
  ])
  if (seen?.state === 'found')
    return { ...ticket, seen: { title: seen.note ?? '', at: seen.at.toISOString() } }
  const why = seen?.note ?? 'it was not looked up'
  return seen?.state === 'absent'
    ? refuse(
        'ticket-unknown',
        `${why}.`,
        'Name a ticket that is there, or say why there is none.',
        '/ticket/key',
      )
    : refuse(
        'ticket-not-seen',
        `Jira is connected and does not answer for ${ticket.key}: ${why}.`,
        'Try again once it answers; a wrong account is put right with "channel enable --secret-file".',
        '/ticket/key',
      )
}

async function staffingRefusal(
  queries: Queries,
  project: string,
  { roles }: CreateFeature,
): Promise<Refusal | undefined> {
  const known = await selectPeopleIn(queries, project)
  for (const [field, role] of Object.entries(ROLES)) {
    const people = roles[field as keyof typeof ROLES]
    for (const [index, id] of people.entries()) {
      const person = known.find((it) => it.id === id)
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
