/**
 * A rollout as it happens: series for charts, a stream of events that survives a reconnect, and the
 * decisions of a whole project with a cursor.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { Rollout, RolloutDecision } from './rollout.ts'
import { FlagKey, Id, Instant, Key, list, QueryNumber } from './shapes.ts'

const Counts = z.strictObject({ n: z.number(), x: z.number() })

const LogE = z.number().nullable()

export const SeriesPoint = z
  .strictObject({
    end: Instant.describe('Exclusive end of the window.'),
    criteria: z.array(
      z.strictObject({
        criterion: z.string(),
        kind: z.string().describe('`ok`, or why the window is unknown.'),
        exposed: Counts.nullable().describe('All audiences together; null where nothing is known.'),
        control: Counts.nullable(),
        logE: z
          .strictObject({
            harm: LogE.describe('Of harm: F1r, or F2b-harm where the whole audience is exposed.'),
            relative: LogE.describe('Of safety against the control: F2.'),
            absolute: LogE.describe('Of safety below the ceiling: F2b.'),
          })
          .nullable()
          .describe('Where the evidence stood after the window; null while nobody was exposed.'),
      }),
    ),
  })
  .meta({ id: 'SeriesPoint' })
export type SeriesPoint = z.infer<typeof SeriesPoint>

export const RolloutSeries = z
  .strictObject({
    windowMs: z.number(),
    needed: z
      .strictObject({
        harm: z.number().describe('ln(M/alpha): evidence of harm that rolls back.'),
        safe: z.number().describe('ln(1/beta): evidence of safety that a GO needs.'),
      })
      .describe('What `logE` has to reach.'),
    criteria: z.array(
      z.strictObject({
        criterion: z.string(),
        role: z.string(),
        ceiling: z.number().nullable().describe('The line that must not be crossed, as a share.'),
        hardFloor: z.number(),
      }),
    ),
    points: z.array(SeriesPoint).describe('Oldest first, as they were folded.'),
    annotations: z
      .array(z.strictObject({ at: Instant, seq: z.int(), kind: z.string(), sentence: z.string() }))
      .describe('Decisions in the time of the points.'),
  })
  .meta({ id: 'RolloutSeries' })
export type RolloutSeries = z.infer<typeof RolloutSeries>

const Way = z.number().min(0).max(1).nullable().describe('0 to 1 of the way to the threshold.')

export const RolloutLive = z
  .strictObject({
    now: Instant.describe('The database’s time: compare `lastTickAt` with it, not with your own clock.'),
    rollout: Rollout,
    silentMs: z.number().nullable().describe('Since the engine last looked; null before it did.'),
    stale: z.boolean().describe('The engine should have looked by now and has not.'),
    bakeEndsAt: Instant.nullable().describe('When the increment is baked, if every window is healthy.'),
    progress: z.array(
      z.strictObject({
        criterion: z.string(),
        harm: Way.describe('1 rolls back.'),
        go: Way.describe('Of the way that is further along; 1 is enough.'),
        goAt: Instant.nullable().describe(
          'An estimate, from the latest windows; null where none is possible.',
        ),
      }),
    ),
    next: z
      .strictObject({
        what: z.string(),
        who: z.array(z.string()).describe('Roles that may do it; empty: the engine does it by itself.'),
        at: Instant.nullable(),
      })
      .describe('The next step.'),
  })
  .meta({ id: 'RolloutLive' })
export type RolloutLive = z.infer<typeof RolloutLive>

export const ProjectDecision = z
  .strictObject({
    rollout: Id,
    feature: Key,
    environment: Key,
    attempt: z.int(),
    ...RolloutDecision.shape,
  })
  .meta({ id: 'ProjectDecision' })
export type ProjectDecision = z.infer<typeof ProjectDecision>

const RolloutPath = z.strictObject({ ...ProjectPath.shape, rollout: Id })
const rollout = '/api/v1/projects/{project}/rollouts/{rollout}' as const

export const rolloutLiveOperations = {
  showRolloutSeries: operation({
    method: 'GET',
    path: `${rollout}/series`,
    summary: 'The latest windows of a rollout, exposed and control, with thresholds and annotations.',
    can: 'rollout:read',
    params: RolloutPath,
    query: z.strictObject({ windows: QueryNumber.optional() }),
    success: { status: 200, body: RolloutSeries },
  }),
  followRollout: operation({
    method: 'GET',
    path: `${rollout}/live`,
    summary:
      'Follow a rollout: events `decision`, `windows` and `state`; Last-Event-ID brings what was missed. It ends after a quarter of an hour: reconnect.',
    can: 'rollout:read',
    params: RolloutPath,
    success: { status: 200, media: 'stream' },
  }),
  listDecisions: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/decisions',
    summary: 'The decisions of all rollouts of a project, newest first.',
    can: 'rollout:read',
    params: ProjectPath,
    query: z.strictObject({
      feature: Key.optional(),
      flag: FlagKey.optional(),
      environment: Key.optional(),
      kind: z.string().max(40).optional(),
      cursor: z.string().max(200).optional().describe('`next` of the page before.'),
      limit: QueryNumber.optional().describe('50; at most 200.'),
    }),
    success: {
      status: 200,
      body: z.strictObject({ ...list(ProjectDecision).shape, next: z.string().nullable() }),
    },
  }),
} as const
