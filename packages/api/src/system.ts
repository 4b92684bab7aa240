/**
 * What the process says about itself: alive, ready, measured, described.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Instant } from './shapes.ts'

/** `ready` is false while any part says so; each part adds what it knows under its name. */
export const Readiness = z
  .looseObject({ ready: z.boolean() })
  .describe('Whether it can serve, and each part of it: `{ok, …}` by name.')
  .meta({ id: 'Readiness' })

export const Status = z
  .strictObject({
    at: Instant,
    versions: z.strictObject({
      server: z.string(),
      node: z.string(),
      database: z.string(),
      migration: z.int().describe('The newest one that the database has had.'),
    }),
    ready: z.boolean(),
    parts: z.array(
      z.strictObject({
        name: z.string(),
        ok: z.boolean(),
        facts: z.record(z.string(), z.unknown()).describe('What the part says of itself.'),
      }),
    ),
    databaseMs: z.number().describe('How long the database took to answer a question.'),
    controller: z.strictObject({
      watched: z.int().describe('Rollouts that are looked at.'),
      lastTickAt: Instant.nullable().describe('When one was looked at last, by any server.'),
      overdueMs: z.number().describe('By how much the one that waits longest is late; 0 for none.'),
    }),
    channels: z
      .array(
        z.strictObject({
          project: z.string(),
          channel: z.string(),
          kind: z.string(),
          state: z.enum(['active', 'disabled']),
          disabledBecause: z.string().nullable(),
          waiting: z.int(),
          dead: z.int().describe('Given up: `replayDelivery` sends one again.'),
        }),
      )
      .describe('Every channel, with what has not been delivered.'),
    fleet: z
      .array(
        z.strictObject({
          project: z.string(),
          environment: z.string(),
          revision: z.int().describe('What it serves.'),
          connected: z.int(),
          silent: z.int().describe('Heard of within the last hour, and not connected.'),
          behind: z.int().describe('Connected, and not yet at the revision.'),
          sdks: z.array(z.string()).describe('Of those that are connected, with their versions.'),
        }),
      )
      .describe('Every environment.'),
  })
  .meta({ id: 'Status' })
export type Status = z.infer<typeof Status>

export const systemOperations = {
  getHealth: operation({
    method: 'GET',
    path: '/healthz',
    summary: 'Say that the process runs.',
    can: 'public',
    success: { status: 200, body: z.strictObject({ ok: z.literal(true) }) },
  }),
  getReadiness: operation({
    method: 'GET',
    path: '/readyz',
    summary: 'Say whether it can serve, part by part; 503 while it cannot.',
    can: 'public',
    success: { status: 200, body: Readiness },
  }),
  showStatus: operation({
    method: 'GET',
    path: '/api/v1/status',
    summary: 'How the product itself is: versions, parts, control loop, channels, applications.',
    can: 'project:read',
    success: { status: 200, body: Status },
  }),
  getMetrics: operation({
    method: 'GET',
    path: '/metrics',
    summary:
      'Metrics in the text format of Prometheus; without a token where the server listens on loopback only.',
    can: 'instance:read',
    success: { status: 200, media: 'text' },
  }),
  getOpenApi: operation({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description.',
    can: 'public',
    success: { status: 200, body: z.looseObject({ openapi: z.string() }) },
  }),
}
