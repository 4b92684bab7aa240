/**
 * Segments on the wire: named groups of contexts, with lists of their own in each environment.
 */
import { z } from 'zod'

import { Condition } from './flag-model.ts'
import { operation } from './operation.ts'
import { ProjectPath } from './project.ts'
import { FlagKey, Key, Line, list, Revision, Text } from './shapes.ts'

const Members = z
  .array(z.string().min(1).max(256))
  .max(100_000)
  .describe('Targeting keys. `exclude` wins over `include`, `include` over the condition.')

const Content = {
  when: Condition.optional(),
  include: Members.optional(),
  exclude: Members.optional(),
}

export const NewSegment = z
  .strictObject({ key: FlagKey, name: Line, description: Text.optional(), ...Content })
  .describe('The same in every environment at first.')
  .meta({ id: 'NewSegment' })
export type NewSegment = z.infer<typeof NewSegment>

export const SegmentContent = z
  .strictObject(Content)
  .describe('The whole segment in one environment. What is left out is empty.')
  .meta({ id: 'SegmentContent' })
export type SegmentContent = z.infer<typeof SegmentContent>

export const SegmentConfig = z
  .strictObject({
    environment: Key,
    when: Condition.optional(),
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    revision: Revision,
  })
  .meta({ id: 'SegmentConfig' })
export type SegmentConfig = z.infer<typeof SegmentConfig>

const About = { key: FlagKey, name: Line, description: z.string().optional() }

export const Segment = z
  .strictObject({ ...About, environments: z.array(SegmentConfig) })
  .meta({ id: 'Segment' })
export type Segment = z.infer<typeof Segment>

export const SegmentSummary = z
  .strictObject({
    ...About,
    environments: z.array(
      z.strictObject({
        environment: Key,
        when: Condition.optional(),
        included: z.int().describe('Length of the list.'),
        excluded: z.int().describe('Length of the list.'),
        revision: Revision,
      }),
    ),
  })
  .describe('A segment without its member lists.')
  .meta({ id: 'SegmentSummary' })
export type SegmentSummary = z.infer<typeof SegmentSummary>

const SegmentPath = z.strictObject({ ...ProjectPath.shape, segment: FlagKey })

export const segmentOperations = {
  listSegments: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/segments',
    summary: 'List the segments of a project, without their member lists.',
    can: 'flag:read',
    params: ProjectPath,
    success: { status: 200, body: list(SegmentSummary) },
  }),
  createSegment: operation({
    method: 'POST',
    path: '/api/v1/projects/{project}/segments',
    summary: 'Create a segment.',
    can: 'flag:write',
    exposes: 'never',
    params: ProjectPath,
    body: NewSegment,
    success: { status: 201, body: Segment },
    idempotent: true,
  }),
  getSegment: operation({
    method: 'GET',
    path: '/api/v1/projects/{project}/segments/{segment}',
    summary: 'Show a segment in each environment.',
    can: 'flag:read',
    params: SegmentPath,
    success: { status: 200, body: Segment },
  }),
  changeSegment: operation({
    method: 'PUT',
    path: '/api/v1/projects/{project}/segments/{segment}/environments/{environment}',
    summary: 'Replace a segment in one environment.',
    can: 'flag:write',
    params: z.strictObject({ ...SegmentPath.shape, environment: Key }),
    body: SegmentContent,
    success: { status: 200, body: SegmentConfig },
    ifMatch: true,
  }),
}
