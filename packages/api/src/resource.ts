/**
 * Resources of services as the SDKs report them: CPU, memory, event loop, pools and queues.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Key, Line, list, QueryNumber } from './shapes.ts'

/** A limit on a resource that the SDKs report. */
export const ResourceLevel = z
  .strictObject({
    form: z.literal('level'),
    resource: z
      .string()
      .max(140)
      .regex(/^(?:cpu|memory|heap|event-loop-delay|event-loop-busy|(?:pool|queue):.+)$/)
      .describe(
        'cpu (cores), memory and heap (bytes), event-loop-delay (seconds), event-loop-busy, pool:<name> (share in use), queue:<name> (what waits).',
      ),
    service: Line.exactOptional().describe('The application; absent: each that reports it.'),
    limit: z.number().min(0).describe('No instance may be above it.'),
  })
  .meta({ id: 'ResourceLevel' })

export const ResourceUse = z
  .strictObject({
    service: z.string(),
    instance: z.string(),
    resource: z.string(),
    unit: z.enum(['cores', 'bytes', 'seconds', 'share', 'count']),
    latest: z.number(),
    mean: z.number(),
    highest: z.number(),
  })
  .meta({ id: 'ResourceUse' })
export type ResourceUse = z.infer<typeof ResourceUse>

export const resourceOperations = {
  listResources: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/environments/{environment}/resources',
    summary: 'What each instance uses, as its SDK reports it: CPU, memory, event loop, pools and queues.',
    can: 'instance:read',
    params: z.strictObject({ ...ProjectPath.shape, environment: Key }),
    query: z.strictObject({
      minutes: QueryNumber.optional().describe('How far back; 5 unless given, at most two days.'),
    }),
    success: { status: 200, body: list(ResourceUse) },
  }),
}
