/**
 * What a project settles about how its runs are decided: deadlines, deputies, reviewers, hours.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Instant, Key, Line, Mailbox, Revision, Text } from './shapes.ts'

const Person = z.string().min(1).max(100)
const People = z.array(Person).max(100)
const Weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])
const Weekdays = z.array(Weekday).min(1).max(7)
const Clock = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, 'Use HH:MM, at most 24:00.')

const Approver = z.enum(['technical-lead', 'operations-lead', 'product-owner', 'developer'])

/** Who approves drafts in one environment. */
const DraftPolicy = z.strictObject({
  accepted: z
    .boolean()
    .default(true)
    .describe('Whether it takes drafts; without them only the procedure raises exposure there.'),
  approvals: z
    .array(z.array(Approver).min(1).max(4))
    .min(1)
    .max(5)
    .default([['technical-lead', 'operations-lead', 'product-owner']])
    .describe('One approval for each entry, each of another person, who holds one of its roles.'),
})

/** A policy as it is written, whole. */
export const Policy = z
  .strictObject({
    zone: Line.default('UTC').describe('IANA time zone, like Europe/Berlin.'),
    workingDays: Weekdays.default(['mon', 'tue', 'wed', 'thu', 'fri']),
    rollouts: z
      .strictObject({
        days: Weekdays.default(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
        from: Clock.default('00:00'),
        to: Clock.default('24:00'),
        blackouts: z
          .array(z.strictObject({ from: Instant, to: Instant, reason: Line }))
          .max(100)
          .default([]),
      })
      .default({
        days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
        from: '00:00',
        to: '24:00',
        blackouts: [],
      })
      .describe('When a rollout may start, by the clock of the zone.'),
    blockedAfterDays: z
      .int()
      .min(1)
      .max(30)
      .default(1)
      .describe('Working days without an act after which a run that waits is blocked.'),
    actionDueDays: z
      .int()
      .min(1)
      .max(30)
      .default(2)
      .describe('Working days in which what a No-Go asks for is due.'),
    remediationDueDays: z
      .int()
      .min(1)
      .max(90)
      .exactOptional()
      .describe(
        'Working days in which a missing or failing input is due; as each input has it unless given.',
      ),
    deputies: z
      .strictObject({
        'technical-lead': People.exactOptional(),
        'operations-lead': People.exactOptional(),
        'product-owner': People.exactOptional(),
      })
      .default({})
      .describe('People who may act in a role beside those that a feature names. They must hold it.'),
    reviewers: z
      .strictObject({
        technical: People.exactOptional(),
        operations: People.exactOptional(),
        business: People.exactOptional(),
      })
      .default({})
      .describe('Who reviews; for a group that is left out, whoever holds its roles.'),
    contacts: z
      .record(Line, Mailbox)
      .default({})
      .describe('Mailboxes of teams and stakeholders that are no people of this server, by their names.'),
    experts: People.default([]).describe('Flag experts, to be consulted.'),
    drafts: z
      .record(Key, DraftPolicy)
      .default({})
      .describe('By protected environment; one that is left out takes drafts with one approval of any lead.'),
    signatures: z
      .strictObject({
        proof: z
          .enum(['sign-in', 'second-factor'])
          .describe('A password, a code or the organisation’s sign-in; or a code of the second factor only.'),
        minutes: z.int().min(1).max(720).default(15).describe('How old it may be.'),
      })
      .exactOptional()
      .describe(
        'What a Go, an approval, an override and breaking the glass need of who signs, beside the role. Left out: nothing more.',
      ),
    tooFewPeople: z
      .strictObject({ reason: Text })
      .exactOptional()
      .describe(
        'There are not enough people: one may decide and approve what he wrote, and approve in several roles. Every approval given so says it.',
      ),
  })
  .meta({ id: 'Policy' })
export type Policy = z.infer<typeof Policy>

/** A policy as it is stored. The ETag is its revision; 1 is the one that every project begins with. */
export const StoredPolicy = z
  .object({
    ...Policy.shape,
    revision: Revision,
    changedBy: z.string().nullable(),
    changedAt: Instant.nullable(),
  })
  .meta({ id: 'StoredPolicy' })
export type StoredPolicy = z.infer<typeof StoredPolicy>

export const policyOperations = {
  showPolicy: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/policy',
    summary: 'How the runs of a project are decided: deadlines, deputies, reviewers, hours.',
    can: 'project:read',
    params: ProjectPath,
    success: { status: 200, body: StoredPolicy },
  }),
  writePolicy: operation({
    method: 'PUT',
    path: '/api/v1/projects/{project}/policy',
    summary: 'Replace the policy of a project, whole.',
    can: 'project:write',
    params: ProjectPath,
    body: Policy,
    ifMatch: true,
    success: { status: 200, body: StoredPolicy },
  }),
}
