/**
 * Connections: where a project's metrics are read, its alerts go and its dashboards hang.
 *
 * Secrets are written and never read again: an answer only says which of them there are.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Instant, Key, Line, list, Revision } from './shapes.ts'

const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'Use an http or https address.' })
  .max(2_000)
  .regex(/^[^@]*$/, 'Give user and secret by themselves, not in the address.')
const User = Line.optional().describe('With it the secret is a password; without it a bearer token.')
const Milliseconds = z.int().min(100).max(3_600_000)

const PARTS = ['prometheus', 'alertmanager', 'grafana'] as const

const settings = z
  .strictObject({
    prometheus: z
      .strictObject({
        url: HttpUrl.describe('What `/api/v1/query` is appended to.'),
        user: User,
        scrapeMs: Milliseconds.default(15_000).describe(
          'How often it scrapes the metrics that are asked for.',
        ),
        lagMs: Milliseconds.optional().describe(
          'How long after its end a window is complete; two scrapes or two windows, whichever is longer, unless given.',
        ),
      })
      .describe('Prometheus, or what speaks its HTTP API.'),
    alertmanager: z.strictObject({ url: HttpUrl, user: User }).optional(),
    grafana: z
      .strictObject({
        url: HttpUrl,
        folder: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,40}$/, 'Use the uid of a folder.')
          .optional()
          .describe('uid of the folder that dashboards go to.'),
      })
      .optional(),
    rules: z
      .strictObject({
        file: z
          .string()
          .regex(
            /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.ya?ml$/,
            'Use a file name that ends in .yml, without a folder.',
          )
          .describe(
            'Name of the file for alert rules, in the folder that the operator of this server allows.',
          ),
        reloadUrl: HttpUrl.optional().describe('Posted to after the file has changed, like …/-/reload.'),
      })
      .optional(),
  })
  .meta({ id: 'ConnectionSettings' })
export type ConnectionSettings = z.output<typeof settings>

const Secret = z.string().min(1).max(4_000).describe('Written, never shown.')
const secrets = z
  .strictObject({
    prometheus: Secret.optional(),
    alertmanager: Secret.optional(),
    grafana: Secret.optional(),
  })
  .describe('Bearer tokens, or passwords where there is a user.')
const changedSecrets = z
  .strictObject({
    prometheus: Secret.nullable().optional(),
    alertmanager: Secret.nullable().optional(),
    grafana: Secret.nullable().optional(),
  })
  .describe('null removes one; what is not given stays.')

const environment = Key.optional().describe('Only this environment is read there; all of them unless given.')

export const NewConnection = z
  .strictObject({
    key: Key,
    kind: z.literal('prometheus'),
    environment,
    settings,
    secrets: secrets.optional(),
  })
  .meta({ id: 'NewConnection' })
export type NewConnection = z.output<typeof NewConnection>

export const ChangedConnection = z
  .strictObject({ environment, settings, secrets: changedSecrets.optional() })
  .meta({ id: 'ChangedConnection' })
export type ChangedConnection = z.output<typeof ChangedConnection>

export const Connection = z
  .strictObject({
    key: Key,
    kind: z.literal('prometheus'),
    environment,
    settings,
    hasSecrets: z.array(z.enum(PARTS)),
    revision: Revision,
    createdAt: Instant,
  })
  .meta({ id: 'Connection' })
export type Connection = z.output<typeof Connection>

export const ConnectionTest = z
  .strictObject({
    at: Instant,
    state: z.enum(['pass', 'fail']).describe('`pass`: every part answers and lets us in.'),
    probes: z.array(
      z.strictObject({
        part: z.enum(PARTS),
        state: z.enum(['pass', 'fail']),
        note: z.string(),
        ms: z.number().describe('How long it took.'),
      }),
    ),
  })
  .meta({ id: 'ConnectionTest' })
export type ConnectionTest = z.infer<typeof ConnectionTest>

const inProject = z.strictObject({ project: Key })
const ofConnection = inProject.extend({ connection: Key })
const connections = '/api/v1/projects/{project}/connections'

export const connectionOperations = {
  listConnections: operation({
    method: 'GET',
    path: connections,
    summary: 'List the connections of a project.',
    can: 'project:read',
    params: inProject,
    success: { status: 200, body: list(Connection) },
  }),
  createConnection: operation({
    method: 'POST',
    path: connections,
    summary: 'Connect a monitoring system; its secrets are stored encrypted and never shown.',
    can: 'project:write',
    params: inProject,
    body: NewConnection,
    success: { status: 201, body: Connection },
    idempotent: true,
  }),
  getConnection: operation({
    method: 'GET',
    path: `${connections}/{connection}`,
    summary: 'One connection.',
    can: 'project:read',
    params: ofConnection,
    success: { status: 200, body: Connection },
  }),
  updateConnection: operation({
    method: 'PUT',
    path: `${connections}/{connection}`,
    summary: 'Replace the settings of a connection, and the secrets that are given.',
    can: 'project:write',
    params: ofConnection,
    body: ChangedConnection,
    ifMatch: true,
    success: { status: 200, body: Connection },
  }),
  deleteConnection: operation({
    method: 'DELETE',
    path: `${connections}/{connection}`,
    summary: 'Remove a connection; rollouts that measure through it are blind from then on.',
    can: 'project:write',
    params: ofConnection,
    success: { status: 204 },
  }),
  testConnection: operation({
    method: 'POST',
    path: `${connections}/{connection}/test`,
    summary: 'Ask each part of a connection whether it answers and lets us in.',
    can: 'procedure:write',
    params: ofConnection,
    success: { status: 200, body: ConnectionTest },
  }),
}
