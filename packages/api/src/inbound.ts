/**
 * What comes in from other systems: trigger facts and incidents as CloudEvents, alerts of Alertmanager, reports.
 *
 * Events and reports are signed as Standard Webhooks says; Alertmanager, which cannot sign, sends the
 * source's secret as its bearer token. None of them needs a token of this server.
 */
import { z } from 'zod'

import { operation } from './operation.ts'
import { NewReport, Report } from './report.ts'
import { Instant, Key, Line, list } from './shapes.ts'

const WebhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'Use whsec_ and 24 to 64 bytes in base64.')

const NewSource = z
  .strictObject({ key: Key, secret: WebhookSecret.optional().describe('Made unless given.') })
  .meta({ id: 'NewInboundSource' })
export type NewSource = z.infer<typeof NewSource>

const Source = z.strictObject({ key: Key, createdAt: Instant }).meta({ id: 'InboundSource' })
export type Source = z.infer<typeof Source>

const IssuedSource = Source.extend({ secret: z.string().describe('Shown once.') }).meta({
  id: 'IssuedInboundSource',
})
export type IssuedSource = z.infer<typeof IssuedSource>

/** In structured form: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
const TriggerEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(200),
    source: z.string().min(1).max(200),
    type: z
      .string()
      .max(200)
      .describe(
        'Ends in documentation.completed, documentation.inprogress, acceptance.completed, acceptance.inprogress, feature.ready, strategy.needed or orchestration.requested; or in incident.detected, incident.reported or incident.resolved. A version after it, as CDEvents has one, is left out.',
      ),
    subject: z
      .string()
      .max(200)
      .optional()
      .describe(
        'The feature, as `features/<key>` or its key alone; of an incident its id, as CDEvents says.',
      ),
    time: z.iso.datetime({ offset: true }).optional(),
    data: z
      .looseObject({
        feature: Key.optional().describe('Wins over the subject.'),
        phase: Line.optional(),
        correlationId: Line.optional(),
        severity: Line.optional().describe('Of an incident: critical, major or minor; major unless given.'),
        text: Line.optional().describe('Of an incident: what happens.'),
        subject: z
          .looseObject({
            id: z.string().min(1).max(200).optional(),
            content: z.looseObject({ description: z.string().max(10_000).optional() }).optional(),
          })
          .optional()
          .describe('Of an incident, as CDEvents says: its id and description.'),
      })
      .optional(),
  })
  .meta({ id: 'TriggerEvent' })
export type TriggerEvent = z.infer<typeof TriggerEvent>

const EventTaken = z
  .strictObject({
    feature: z.string().exactOptional().describe('Absent for an incident that names none.'),
    run: z.string().exactOptional().describe('Of a trigger fact.'),
    report: z.string().exactOptional().describe('Of an incident.'),
    did: z
      .enum(['started', 'recorded', 'reported', 'known', 'resolved'])
      .describe(
        'Started a run, or added the fact to the one under way. Of an incident: reported it, knew it, or ended it.',
      ),
  })
  .meta({ id: 'EventTaken' })
export type EventTaken = z.infer<typeof EventTaken>

const Labels = z.record(z.string().max(200), z.string().max(10_000))

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const AlertGroup = z
  .looseObject({
    version: z.literal('4'),
    alerts: z
      .array(
        z.looseObject({
          status: z.enum(['firing', 'resolved']),
          labels: Labels,
          annotations: Labels.default({}),
          startsAt: z.iso.datetime({ offset: true }),
          endsAt: z.iso.datetime({ offset: true }).optional(),
          generatorURL: z.string().max(2_000).optional(),
          fingerprint: z.string().min(1).max(64),
        }),
      )
      .max(1_000),
  })
  .meta({ id: 'AlertGroup' })
export type AlertGroup = z.infer<typeof AlertGroup>

const AlertsTaken = z
  .strictObject({
    reported: z.int(),
    resolved: z.int(),
    known: z.int(),
    drilled: z.int().describe('Alarms of drills: noted, and no incidents.'),
  })
  .meta({ id: 'AlertsTaken' })
export type AlertsTaken = z.infer<typeof AlertsTaken>

const SentReport = NewReport.extend({ feature: Key }).meta({ id: 'SentReport' })
export type SentReport = z.infer<typeof SentReport>

const inProject = z.strictObject({ project: Key })
const ofSource = inProject.extend({ source: Key })
const sources = '/api/v1/projects/{project}/inbound'

export const inboundOperations = {
  listInboundSources: operation({
    method: 'GET',
    path: sources,
    summary: 'The systems that may send to a project.',
    can: 'project:read',
    params: inProject,
    success: { status: 200, body: list(Source) },
  }),
  createInboundSource: operation({
    method: 'POST',
    path: sources,
    summary: 'Let a system send to a project; its secret is shown once.',
    can: 'project:write',
    params: inProject,
    body: NewSource,
    success: { status: 201, body: IssuedSource },
    idempotent: true,
    showsOnce: 'secret',
  }),
  deleteInboundSource: operation({
    method: 'DELETE',
    path: `${sources}/{source}`,
    summary: 'Accept nothing more from a system.',
    can: 'project:write',
    params: ofSource,
    success: { status: 204 },
  }),
  receiveEvent: operation({
    method: 'POST',
    path: `${sources}/{source}/cloudevents`,
    summary:
      'A CloudEvent, signed: a trigger fact starts a run or is added to the one under way; an incident is kept as a report and holds rollouts until it is over.',
    can: 'public',
    params: ofSource,
    body: TriggerEvent,
    success: { status: 200, body: EventTaken },
  }),
  receiveAlerts: operation({
    method: 'POST',
    path: `${sources}/{source}/alertmanager`,
    summary: 'Alerts of Alertmanager, with the secret as bearer token: kept as reports.',
    can: 'public',
    params: ofSource,
    body: AlertGroup,
    success: { status: 200, body: AlertsTaken },
  }),
  receiveReport: operation({
    method: 'POST',
    path: `${sources}/{source}/reports`,
    summary: 'A report by a machine, signed; the same webhook-id again is the same report.',
    can: 'public',
    params: ofSource,
    body: SentReport,
    success: { status: 200, body: Report },
  }),
}
