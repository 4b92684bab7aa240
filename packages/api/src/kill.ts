/**
 * Killing a flag on the wire: off at once, and who has confirmed it.
 */
import { z } from 'zod'

import { FlagConfigPath } from './flag.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { FlagKey, Id, Instant, Key, Line, list } from './shapes.ts'

export const KillState = z
  .enum(['accepted', 'confirming', 'verified', 'verified_except', 'timed_out'])
  .describe(
    '`verified`: every instance runs a revision without the flag. `verified_except`: all but those that fell silent. `timed_out`: one is alive and has not confirmed.',
  )

export const KillInstance = z
  .strictObject({
    instanceId: z.string(),
    application: z.string(),
    state: z.enum(['confirmed', 'pending', 'lost']).describe('`lost`: silent for too long; never counted.'),
    confirmedAfterMs: z.int().min(0).optional().describe('From the kill to the acknowledgement.'),
    lastSeenAt: Instant,
    edge: z.string().optional().describe('The name of the edge that serves it.'),
    unreachableSince: Instant.optional().describe('When that edge was last heard of, once it is lost.'),
  })
  .meta({ id: 'KillInstance' })

/** What `verified` means for a rollback, too: the same instances, the same clock. */
export const Confirmation = {
  state: KillState,
  revision: z.int().describe('The revision of the environment that each instance must run.'),
  at: Instant,
  instances: z.array(KillInstance).describe('Those that were connected at that moment.'),
  total: z.int(),
  confirmed: z.int(),
  pending: z.int(),
  lost: z.int(),
}

export const KillRecovery = z
  .strictObject({
    state: z
      .enum(['watching', 'recovered', 'failed', 'not_measured'])
      .describe(
        '`failed`: rollback failed, somebody is paged and the approved code hook begins. `not_measured`: too few requests were reported.',
      ),
    verification: KillState,
    exposure: z.strictObject({
      gone: z.boolean(),
      afterMs: z.int().min(0).optional().describe('From the kill to the last report of one.'),
      requests: z.int().describe('Requests reported since that were served something else than off.'),
    }),
    before: z.number().nullable().describe('Share of bad requests among those that were not off, 5 minutes.'),
    after: z.number().nullable().describe('Share of bad requests among those served off since.'),
    requestsAfter: z.int(),
    said: z.string(),
    until: Instant.nullable().describe('Until when it is watched; when it ended.'),
  })
  .meta({ id: 'KillRecovery' })

export const Kill = z
  .strictObject({
    id: Id,
    flag: FlagKey,
    environment: Key,
    by: z.string(),
    reason: z.string(),
    ...Confirmation,
    remote: z
      .strictObject({
        asked: z
          .int()
          .min(0)
          .describe('Values of the flag asked over OFREP in the minutes of the 5 before the kill.'),
        lastAskedAt: Instant.nullable(),
      })
      .optional()
      .describe(
        'Browsers, phones and others that evaluate nothing themselves. They confirm nothing and are never part of “n of n”: each gets off with the next value that it asks for. Absent in the answer to the kill itself, which waits for nothing.',
      ),
    recovery: KillRecovery.optional().describe(
      'Whether it has helped; absent for kills of an earlier version.',
    ),
  })
  .meta({ id: 'Kill' })
export type Kill = z.infer<typeof Kill>

export const NewKill = z.strictObject({ reason: Line }).meta({ id: 'NewKill' })
export type NewKill = z.infer<typeof NewKill>

export const NewKillLink = z
  .strictObject({ expiresInMinutes: z.int().min(1).max(1_440).default(60) })
  .meta({ id: 'NewKillLink' })
export type NewKillLink = z.infer<typeof NewKillLink>

export const KillLink = z
  .strictObject({
    id: Id,
    link: z.string().describe('Opens the kill page of this flag in this environment. Shown once.'),
    expiresAt: Instant,
  })
  .meta({ id: 'KillLink' })
export type KillLink = z.infer<typeof KillLink>

export const KillLinkEntry = z
  .strictObject({
    id: Id,
    flag: FlagKey,
    environment: Key,
    by: z.string().describe('Who made it: a person, a token, or the signal that it was sent with.'),
    expiresAt: Instant,
    revokedAt: Instant.optional(),
    revokedBy: z.string().optional(),
  })
  .describe('A kill link, without what opens the page.')
  .meta({ id: 'KillLinkEntry' })
export type KillLinkEntry = z.infer<typeof KillLinkEntry>

const links = '/api/v1/projects/{project}/kill-links'

export const killOperations = {
  killFlag: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}/kill',
    summary: 'Turn a flag off at once in one environment.',
    can: 'flag:kill',
    params: FlagConfigPath,
    body: NewKill,
    success: { status: 202, body: Kill },
    idempotent: true,
  }),
  createKillLink: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}/kill-links',
    summary: 'Make a link that opens the kill page of a flag without signing in; it can do nothing else.',
    can: 'flag:kill',
    params: FlagConfigPath,
    body: NewKillLink,
    success: { status: 201, body: KillLink },
  }),
  listKillLinks: operation({
    method: 'GET',
    path: links,
    summary: 'List the kill links of a project that have not ended, and who made them.',
    can: 'flag:kill',
    params: ProjectPath,
    success: { status: 200, body: list(KillLinkEntry) },
  }),
  revokeKillLink: operation({
    method: 'DELETE',
    path: `${links}/{link}`,
    summary: 'Revoke a kill link before it ends.',
    can: 'flag:kill',
    params: z.strictObject({ ...ProjectPath.shape, link: Id }),
    success: { status: 200, body: KillLinkEntry },
  }),
  getKill: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/flags/{flag}/environments/{environment}/kill/{kill}',
    summary: 'Show who has confirmed a kill.',
    can: 'flag:read',
    params: z.strictObject({ ...FlagConfigPath.shape, kill: Id }),
    success: { status: 200, body: Kill },
  }),
}
