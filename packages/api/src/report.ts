/**
 * Reports about a feature, by people and by machines: what report criteria of a rollout are fed by.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { Id, Instant, Key, list, QueryNumber, Text } from './shapes.ts'

const kind = z.enum(['complaint', 'incident', 'security', 'data-loss', 'feedback'])
const severity = z.enum(['critical', 'major', 'minor'])
const positive = z.boolean().describe('Of feedback: whether it is good.')
const reference = z.string().min(1).max(2_000).describe('Where more is to be found.')

export const NewReport = z
  .strictObject({
    kind,
    severity,
    text: Text,
    reference: reference.optional(),
    positive: positive.optional(),
  })
  .meta({ id: 'NewReport' })
export type NewReport = z.infer<typeof NewReport>

export const Report = z
  .strictObject({
    id: z.string(),
    feature: z.string().optional().describe('Absent for an alert that names none.'),
    kind,
    severity,
    text: z.string(),
    reference: reference.optional(),
    positive: positive.optional(),
    origin: z.string().describe('`person`, or `inbound/` and the source.'),
    reportedBy: z.string(),
    at: Instant,
    resolvedAt: Instant.optional(),
  })
  .meta({ id: 'Report' })
export type Report = z.infer<typeof Report>

const ReportFilter = z.strictObject({
  kind: kind.optional(),
  severity: severity.optional(),
  open: z
    .enum(['true', 'false'])
    .optional()
    .describe('Only those that are not resolved, or only those that are.'),
  limit: QueryNumber.optional(),
})
export type ReportFilter = z.output<typeof ReportFilter>

const inProject = z.strictObject({ project: Key })
const ofFeature = inProject.extend({ feature: Key })
const ofOneFeature = '/api/v1/projects/{project}/features/{feature}/reports'
const ofProject = '/api/v1/projects/{project}/reports'

export const reportOperations = {
  createReport: operation({
    method: 'POST',
    path: ofOneFeature,
    summary: 'Report a complaint, incident, security problem, data loss or feedback about a feature.',
    can: 'procedure:write',
    params: ofFeature,
    body: NewReport,
    idempotent: true,
    success: { status: 201, body: Report },
  }),
  listReports: operation({
    method: 'GET',
    path: ofOneFeature,
    summary: 'The reports about a feature, newest first.',
    can: 'procedure:read',
    params: ofFeature,
    query: ReportFilter,
    success: { status: 200, body: list(Report) },
  }),
  createProjectReport: operation({
    method: 'POST',
    path: ofProject,
    summary:
      'Report what concerns no single feature; an open incident keeps every rollout from being raised.',
    can: 'procedure:write',
    params: inProject,
    body: NewReport,
    idempotent: true,
    success: { status: 201, body: Report },
  }),
  listProjectReports: operation({
    method: 'GET',
    path: ofProject,
    summary: 'The reports of a project, alerts that name no feature included, newest first.',
    can: 'procedure:read',
    params: inProject,
    query: ReportFilter,
    success: { status: 200, body: list(Report) },
  }),
  resolveReport: operation({
    method: 'POST',
    path: `${ofProject}/{report}/resolve`,
    summary: 'Say that what was reported is over.',
    can: 'procedure:write',
    params: inProject.extend({ report: Id }),
    body: z.strictObject({ reason: Text }),
    success: { status: 200, body: Report },
  }),
}
