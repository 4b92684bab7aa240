/** The policy of a project: reading it, replacing it, and what the procedure takes from it. */
import type { Policy as PolicyInput, StoredPolicy } from '@flagmarshal/api/policy'
import type { Role } from '@flagmarshal/domain/access/permission'
import { DRAFT_APPROVERS } from '@flagmarshal/domain/draft/policy'
import { DEFAULT_POLICY } from '@flagmarshal/domain/procedure/policy'
import type { Policy } from '@flagmarshal/domain/procedure/policy'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { isZone, WEEKDAYS } from '@flagmarshal/domain/rollout/calendar'
import { z } from 'zod'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound, stale } from '../refusals.ts'
import { selectPeopleIn } from '../storage/access.ts'
import { toJson } from '../storage/column.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectPolicies, selectPolicy, storePolicy } from '../storage/policies.ts'
import type { PolicyRow } from '../storage/policies.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'

const people = z.array(z.string())
const days = z.array(z.enum(WEEKDAYS))
const at = z.coerce.date()

const document: z.ZodType<Policy> = z.object({
  zone: z.string(),
  workingDays: days,
  rollouts: z.object({
    days,
    from: z.string(),
    to: z.string(),
    blackouts: z.array(z.object({ from: at, to: at, reason: z.string() })),
  }),
  blockedAfterDays: z.int(),
  actionDueDays: z.int(),
  remediationDueDays: z.int().exactOptional(),
  deputies: z.object({
    'technical-lead': people.exactOptional(),
    'operations-lead': people.exactOptional(),
    'product-owner': people.exactOptional(),
  }),
  reviewers: z.record(z.string(), people),
  experts: people,
  contacts: z.record(z.string(), z.string()).default({}),
  drafts: z
    .record(
      z.string(),
      z.object({ accepted: z.boolean(), approvals: z.array(z.array(z.enum(DRAFT_APPROVERS))) }),
    )
    .default({}),
  signatures: z.object({ proof: z.enum(['sign-in', 'second-factor']), minutes: z.int() }).exactOptional(),
  tooFewPeople: z.object({ reason: z.string() }).exactOptional(),
})

/** What holds in a project. */
export async function policyOf(queries: Queries, project: string): Promise<Policy> {
  return fromRow(await selectPolicy(queries, project))
}

/** What holds in each project; `DEFAULT_POLICY` in one that is not among them. */
export async function policiesOf(queries: Queries): Promise<(project: string) => Policy> {
  const rows = await selectPolicies(queries)
  const known = new Map(rows.map((row) => [row.project, fromRow(row)]))
  return (project) => known.get(project) ?? DEFAULT_POLICY
}

/** The policy as the API shows it. */
export async function showPolicy({ kysely }: Database, project: string): Promise<StoredPolicy | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  return policyView(await selectPolicy(kysely, project))
}

/** A policy as somebody wants it, and the revision that they have seen. */
export interface WantedPolicy {
  readonly policy: PolicyInput
  readonly ifMatch: number
}

/** Replaces the policy. Refuses what cannot be kept: unknown zones, hours that never come, people who are none. */
export async function writePolicy(
  context: Context,
  database: Database,
  project: string,
  { policy, ifMatch }: WantedPolicy,
): Promise<StoredPolicy | Refusal> {
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const no =
      hoursProblem(policy) ??
      (await peopleProblem(tx, project, policy)) ??
      (await draftsProblem(tx, project, policy))
    if (isRefusal(no)) return no
    const before = await selectPolicy(tx, project)
    const row = {
      project,
      revision: ifMatch + 1,
      policy: toJson(policy),
      changed_at: context.now,
      changed_by: context.actor.id,
    }
    const known = before?.revision ?? 1
    if (known !== ifMatch || !(await storePolicy(tx, row, ifMatch)))
      return stale('policy', policyView(await selectPolicy(tx, project)))
    const view = policyView(await selectPolicy(tx, project))
    await record(tx, context, {
      chain: { project },
      action: 'policy.write',
      subject: { kind: 'policy', id: project },
      before: policyView(before),
      after: view,
      ...(policy.tooFewPeople === undefined ? {} : { reason: policy.tooFewPeople.reason }),
    })
    return view
  })
}

function fromRow(row: PolicyRow | undefined): Policy {
  return row === undefined ? DEFAULT_POLICY : document.parse(row.policy)
}

function policyView(row: PolicyRow | undefined): StoredPolicy {
  const { rollouts, workingDays, deputies, reviewers, experts, drafts, ...rest } = fromRow(row)
  return {
    ...rest,
    workingDays: [...workingDays],
    rollouts: {
      days: [...rollouts.days],
      from: rollouts.from,
      to: rollouts.to,
      blackouts: rollouts.blackouts.map((it) => ({
        from: it.from.toISOString(),
        to: it.to.toISOString(),
        reason: it.reason,
      })),
    },
    deputies: copied(deputies),
    reviewers: copied(reviewers),
    experts: [...experts],
    drafts: Object.fromEntries(
      Object.entries(drafts).map(([environment, { accepted, approvals }]) => [
        environment,
        { accepted, approvals: approvals.map((roles) => roles.filter(isDraftApprover)) },
      ]),
    ),
    revision: row?.revision ?? 1,
    changedBy: row?.changed_by ?? null,
    changedAt: row?.changed_at.toISOString() ?? null,
  }
}

function copied(lists: Readonly<Record<string, readonly string[] | undefined>>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([name, list]) => (list === undefined ? [] : [[name, [...list]]])),
  )
}

function hoursProblem({ zone, rollouts }: PolicyInput): Refusal | undefined {
  if (!isZone(zone)) {
    return refuse('invalid', `${zone} is no time zone.`, 'Use an IANA name, like Europe/Berlin.', '/zone')
  }
  if (rollouts.from >= rollouts.to) {
    return refuse(
      'invalid',
      `From ${rollouts.from} to ${rollouts.to} is no time at all.`,
      'Let the hours end after they begin.',
      '/rollouts/to',
    )
  }
  const never = rollouts.blackouts.findIndex((it) => it.from >= it.to)
  return never === -1
    ? undefined
    : refuse(
        'invalid',
        'A blackout ends before it begins.',
        'Let it end later.',
        `/rollouts/blackouts/${never}/to`,
      )
}

async function peopleProblem(
  queries: Queries,
  project: string,
  policy: PolicyInput,
): Promise<Refusal | undefined> {
  const known = await selectPeopleIn(queries, project)
  const lists = [
    ...Object.entries(policy.deputies).map(([name, ids]) => ({ at: `/deputies/${name}`, ids, role: name })),
    ...Object.entries(policy.reviewers).map(([name, ids]) => ({ at: `/reviewers/${name}`, ids, role: '' })),
    { at: '/experts', ids: policy.experts, role: '' },
  ]
  for (const { at, ids, role } of lists) {
    for (const [index, id] of (ids ?? []).entries()) {
      const person = known.find((it) => it.id === id)
      const lacks = role !== '' && person?.roles.some((it) => it === role) !== true
      if (person !== undefined && !lacks) continue
      const message =
        person === undefined ? `There is no person ${id}.` : `${id} does not hold the role ${role}.`
      return refuse('role-not-held', message, 'Name people who are there and hold it.', `${at}/${index}`)
    }
  }
  return undefined
}

/** Drafts are for protected environments: a line for any other would hold nothing back. */
async function draftsProblem(
  queries: Queries,
  project: string,
  { drafts }: PolicyInput,
): Promise<Refusal | undefined> {
  const environments = await selectEnvironments(queries, project)
  const guarded = environments.filter((it) => it.protected).map(({ key }) => key)
  const other = Object.keys(drafts).find((it) => !guarded.includes(it))
  return other === undefined
    ? undefined
    : refuse(
        'invalid',
        `${other} is no protected environment of ${project}.`,
        `Use ${guarded.join(', ') || 'none: no environment is protected'}.`,
        `/drafts/${other}`,
      )
}

function isDraftApprover(role: Role): role is (typeof DRAFT_APPROVERS)[number] {
  return DRAFT_APPROVERS.some((it) => it === role)
}
