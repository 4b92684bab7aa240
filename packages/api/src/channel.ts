/**
 * Channels: where a project's signals go, and the log of what was delivered to them.
 *
 * Secrets are written and never read again: an answer only says whether there is one.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Id, Instant, Key, Line, list, Mailbox, QueryNumber, Revision } from './shapes.ts'

const HttpUrl = z.url({ protocol: /^https?$/, error: 'Use an http or https address.' }).max(2_000)
const Secret = z.string().min(1).max(4_000).describe('Written, never shown.')
const WebhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'Use whsec_ and 24 to 64 bytes in base64.')
  .describe('`whsec_` and 24 to 64 bytes in base64. Written, never shown.')
const subscribes = z
  .array(
    z
      .string()
      .max(200)
      .regex(/^(\*|[a-z0-9]+(\.[a-z0-9]+)*(\.\*)?)$/, 'Use a type, a beginning of types and `.*`, or `*`.'),
  )
  .max(100)
  .describe(
    'Types of signals, like dev.flagmarshal.rollout.*; `*` is all. Who takes one also hears that it is revoked.',
  )
const state = z.enum(['active', 'disabled'])

const kinds = {
  webhook: {
    settings: z.strictObject({ url: HttpUrl }),
    secret: WebhookSecret,
  },
  slack: {
    settings: z.strictObject({}),
    secret: HttpUrl.describe('Address of the incoming webhook. Written, never shown.'),
  },
  jira: {
    settings: z.strictObject({
      site: HttpUrl.describe('Like https://shop.atlassian.net.'),
      email: Mailbox.describe('Whose API token the secret is.'),
      transition: Line.optional().describe('Name of the transition to make when a plan is approved.'),
      followUpProject: z
        .string()
        .regex(/^[A-Z][A-Z0-9_]{1,30}$/, 'Use the key of a Jira project, like SHOP.')
        .optional()
        .describe('Where an issue is made that follows a rollback up which names no ticket of its own.'),
    }),
    secret: Secret,
  },
  pagerduty: {
    settings: z.strictObject({
      url: HttpUrl.optional().describe('https://events.pagerduty.com unless given.'),
    }),
    secret: Secret.describe('The routing key. Written, never shown.'),
  },
  mail: {
    settings: z.strictObject({
      host: z.string().min(1).max(253),
      port: z.int().min(1).max(65_535),
      security: z.enum(['tls', 'starttls', 'none']),
      user: Line.optional().describe('With it the secret is the password.'),
      from: Mailbox,
      to: z.array(Mailbox).min(1).max(50),
    }),
    secret: Secret,
  },
} as const

export const NewChannel = z
  .discriminatedUnion('kind', [
    z.strictObject({ key: Key, kind: z.literal('webhook'), ...kinds.webhook, subscribes }),
    z.strictObject({ key: Key, kind: z.literal('slack'), ...kinds.slack, subscribes }),
    z.strictObject({ key: Key, kind: z.literal('jira'), ...kinds.jira, subscribes }),
    z.strictObject({ key: Key, kind: z.literal('pagerduty'), ...kinds.pagerduty, subscribes }),
    z.strictObject({
      key: Key,
      kind: z.literal('mail'),
      settings: kinds.mail.settings,
      secret: kinds.mail.secret.optional(),
      subscribes,
    }),
  ])
  .meta({ id: 'NewChannel' })
export type NewChannel = z.infer<typeof NewChannel>

export const ChangedChannel = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('webhook'), ...optional(kinds.webhook), subscribes, state }),
    z.strictObject({ kind: z.literal('slack'), ...optional(kinds.slack), subscribes, state }),
    z.strictObject({ kind: z.literal('jira'), ...optional(kinds.jira), subscribes, state }),
    z.strictObject({ kind: z.literal('pagerduty'), ...optional(kinds.pagerduty), subscribes, state }),
    z.strictObject({ kind: z.literal('mail'), ...optional(kinds.mail), subscribes, state }),
  ])
  .meta({ id: 'ChangedChannel' })
export type ChangedChannel = z.infer<typeof ChangedChannel>

export const Channel = z
  .strictObject({
    key: Key,
    kind: z.enum(['webhook', 'slack', 'jira', 'pagerduty', 'mail']),
    settings: z.record(z.string(), z.unknown()),
    hasSecret: z.boolean(),
    subscribes: z.array(z.string()),
    state,
    disabledBecause: z.string().optional().describe('Why the server disabled it.'),
    revision: Revision,
    createdAt: Instant,
  })
  .meta({ id: 'Channel' })
export type Channel = z.infer<typeof Channel>

const DELIVERY_STATES = ['waiting', 'delivered', 'dead', 'dropped'] as const

export const Delivery = z
  .strictObject({
    id: z.string(),
    channel: z.string(),
    signal: z.strictObject({ id: z.string(), type: z.string(), subject: z.string(), time: Instant }),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int().min(0),
    nextAt: Instant.optional().describe('When it is tried next, unless its channel is disabled.'),
    endedAt: Instant.optional(),
    log: z.array(
      z.strictObject({
        at: Instant,
        outcome: z.enum(['delivered', 'failed', 'rejected', 'gone']),
        why: z.string().optional(),
        ms: z.number().describe('How long the attempt took.'),
      }),
    ),
    proof: z.unknown().optional().describe('What the receiver made of it, like the id of a comment.'),
  })
  .meta({ id: 'Delivery' })
export type Delivery = z.infer<typeof Delivery>

const DeliveryFilter = z.strictObject({
  channel: Key.optional(),
  state: z.enum(DELIVERY_STATES).optional(),
  subject: z.string().max(400).optional().describe('Subject of the signal, like features/new-checkout.'),
  limit: QueryNumber.optional(),
})
export type DeliveryFilter = z.output<typeof DeliveryFilter>

const inProject = z.strictObject({ project: Key })
const ofChannel = inProject.extend({ channel: Key })
const channels = '/api/v1/projects/{project}/channels'
const deliveries = '/api/v1/projects/{project}/deliveries'

export const channelOperations = {
  listChannels: operation({
    method: 'GET',
    path: channels,
    summary: 'List the channels of a project.',
    can: 'project:read',
    params: inProject,
    success: { status: 200, body: list(Channel) },
  }),
  createChannel: operation({
    method: 'POST',
    path: channels,
    summary: 'Create a channel for signals; its secret is stored encrypted and never shown.',
    can: 'project:write',
    params: inProject,
    body: NewChannel,
    success: { status: 201, body: Channel },
    idempotent: true,
  }),
  getChannel: operation({
    method: 'GET',
    path: `${channels}/{channel}`,
    summary: 'One channel.',
    can: 'project:read',
    params: ofChannel,
    success: { status: 200, body: Channel },
  }),
  updateChannel: operation({
    method: 'PUT',
    path: `${channels}/{channel}`,
    summary: 'Replace the settings of a channel, and its secret where one is given; or switch it off and on.',
    can: 'project:write',
    params: ofChannel,
    body: ChangedChannel,
    ifMatch: true,
    success: { status: 200, body: Channel },
  }),
  deleteChannel: operation({
    method: 'DELETE',
    path: `${channels}/{channel}`,
    summary: 'Remove a channel; what waits for it is dropped.',
    can: 'project:write',
    params: ofChannel,
    success: { status: 204 },
  }),
  listDeliveries: operation({
    method: 'GET',
    path: deliveries,
    summary: 'The log of deliveries, newest first.',
    can: 'project:read',
    params: inProject,
    query: DeliveryFilter,
    success: { status: 200, body: list(Delivery) },
  }),
  replayDelivery: operation({
    method: 'POST',
    path: `${deliveries}/{delivery}/replay`,
    summary: 'Send a delivery again, with the same id.',
    can: 'project:write',
    params: inProject.extend({ delivery: Id }),
    success: { status: 204 },
  }),
}

function optional<S extends z.ZodType, T extends z.ZodType>(kind: {
  readonly settings: S
  readonly secret: T
}): { readonly settings: S; readonly secret: z.ZodOptional<T> } {
  return { settings: kind.settings, secret: kind.secret.optional() }
}
