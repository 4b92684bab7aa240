/**
 * What the process says about itself: alive, ready, measured, described.
 */
import { z } from 'zod'

import { operation } from './operation.ts'

/** `ready` is false while any part says so; each part adds what it knows under its name. */
export const Readiness = z
  .looseObject({ ready: z.boolean() })
  .describe('Whether it can serve, and each part of it: `{ok, …}` by name.')
  .meta({ id: 'Readiness' })

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
