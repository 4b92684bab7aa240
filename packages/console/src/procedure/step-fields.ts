/**
 * What is written in steps 2 to 6, field by field. Every part may wait while people are still
 * writing; what was begun must be whole before the server takes it.
 */
import type { Field } from '../form/field.ts'
import { reference } from '../form/field.ts'
import { choice, group, line, lines, list, number, text } from '../form/make-field.ts'

const LAYERS = ['backend', 'frontend', 'middleware'] as const
const KINDS = ['usage', 'errors', 'response-time', 'engagement', 'business', 'resources'] as const
const REPORTS = ['complaint', 'incident', 'security', 'data-loss', 'feedback'] as const
const SEVERITIES = ['critical', 'major', 'minor'] as const

const criterion = (key: string, label: string): Field => ({ kind: 'line', key, label, suggest: 'criteria' })
const person = (key: string, label: string): Field => ({ kind: 'line', key, label, suggest: 'people' })
const FLAGS: readonly Field[] = [
  line('flag', 'Key of the flag'),
  text('configuration', 'How it is configured, in words'),
  list(
    'implementation',
    'Where each layer asks it',
    'Add a layer',
    group('layer', 'Layer', [
      choice('layer', 'Layer', LAYERS),
      text('summary', 'What is there'),
      reference('reference', 'Code'),
    ]),
  ),
  {
    ...list(
      'targetingCases',
      'Contexts and what each must be served',
      'Add a context',
      group('case', 'Context', [
        { kind: 'line', key: 'environment', label: 'Environment', suggest: 'environments' },
        line('variant', 'Variant'),
        {
          kind: 'json',
          key: 'context',
          label: 'Context',
          help: 'Like {"targetingKey": "ada", "country": "DE"}.',
        },
      ]),
    ),
    help: 'The verification run tries each, by the real engine and by connected instances.',
  },
  group(
    'existingTests',
    'Tests of what existed before',
    [
      { kind: 'upload', key: 'off', label: 'Results with the flag off' },
      { kind: 'upload', key: 'on', label: 'Results with the flag on' },
    ],
    { help: 'JUnit XML or CTRF JSON; both must be green.' },
  ),
]

const PLAN: readonly Field[] = [
  group('review', 'What the plan answers to', [
    text('business', 'Business requirements'),
    text('userImpact', 'User impact'),
    text('timeline', 'Wished timeline'),
    text('openTestPoints', 'Open points of the tests'),
    text('runbooks', 'What the runbooks cover'),
    group(
      'unanswered',
      'Where the plan does not answer a line: why',
      [
        ['business', 'Business requirements'],
        ['riskTolerance', 'Risk tolerance'],
        ['userImpact', 'User impact'],
        ['timeline', 'Timeline'],
        ['openTestPoints', 'Open test points'],
        ['runbooks', 'Runbooks'],
      ].map(([key = '', label = '']) => line(key, label, { optional: true })),
      { optional: true },
    ),
  ]),
  group('expectations', 'Expectations', [
    text('shouldHappen', 'What should happen'),
    text('mightGoWrong', 'What might go wrong'),
    text('watch', 'What to watch'),
  ]),
  group('monitoring', 'Monitoring requirements', [
    lines('keyMetrics', 'Key metrics'),
    text('dashboards', 'Dashboards'),
    number('reviewEveryMinutes', 'Reviewed every, in minutes'),
  ]),
  group('timeline', 'Timeline', [
    {
      kind: 'instant',
      key: 'start',
      label: 'Start',
      optional: true,
      help: 'Empty: when the rollout is started.',
    },
    { kind: 'instant', key: 'expectedCompletion', label: 'Expected completion', optional: true },
    {
      ...list(
        'blackouts',
        'Times in which nothing may start',
        'Add one',
        group('blackout', 'Time', [
          { kind: 'instant', key: 'from', label: 'From' },
          { kind: 'instant', key: 'to', label: 'To' },
          line('reason', 'Reason'),
        ]),
      ),
      optional: true,
    },
  ]),
  {
    kind: 'json',
    key: 'audienceShares',
    label: 'Expected share of everybody of each audience',
    optional: true,
    help: 'From 0 to 1, like {"internal": 0.02}.',
  },
  {
    kind: 'json',
    key: 'plan',
    label: 'Stages and criteria',
    help: 'Begin with the proposal; every default is filled in when it is saved.',
  },
]

const MONITORING: readonly Field[] = [
  group('review', 'Review of what exists', [
    text('logging', 'Logging'),
    text('metrics', 'Metrics'),
    text('alerting', 'Alerting'),
  ]),
  list('metrics', 'Metrics', 'Add a metric', {
    kind: 'either',
    key: 'metric',
    label: 'Metric',
    options: [
      {
        label: 'counted by the SDKs',
        begin: { criterion: '', source: 'built-in-telemetry' },
        fields: [
          criterion('criterion', 'Criterion'),
          choice('kind', 'Kind', KINDS),
          choice('metric', 'Counts', ['bad', 'slow']),
        ],
      },
      {
        label: 'queries of the criterion',
        begin: { criterion: '', source: 'prometheus' },
        fields: [criterion('criterion', 'Criterion'), choice('kind', 'Kind', KINDS)],
      },
      {
        label: 'looked at by people',
        begin: { name: '', source: 'prometheus' },
        fields: [
          line('name', 'Name'),
          choice('kind', 'Kind', KINDS),
          line('connection', 'Connection'),
          { kind: 'json', key: 'counted', label: 'How it is counted' },
        ],
      },
      {
        label: 'resources that the SDKs report',
        begin: { name: '', source: 'built-in-telemetry' },
        fields: [
          line('name', 'Name'),
          choice('kind', 'Kind', ['resources']),
          {
            kind: 'json',
            key: 'counted',
            label: 'Resource, and its limit',
            help: 'Like {"form": "level", "resource": "cpu", "limit": 0.8}.',
          },
        ],
      },
    ],
  }),
  list(
    'without',
    'Kinds that this rollout does without',
    'Add a kind',
    group('kind', 'Kind', [choice('kind', 'Kind', KINDS), text('reason', 'Why')]),
  ),
  list(
    'dashboards',
    'Dashboards',
    'Add a dashboard',
    group('dashboard', 'Dashboard', [
      line('name', 'Name'),
      number('refreshSeconds', 'Refreshed every, in seconds'),
      reference('reference', 'Where it is', { optional: true }),
    ]),
  ),
  list(
    'alerts',
    'Alerts',
    'Add an alert',
    group('alert', 'Alert', [
      criterion('criterion', 'Criterion'),
      text('condition', 'When it fires'),
      { kind: 'line', key: 'channel', label: 'Channel', suggest: 'channels' },
      person('person', 'Who gets it'),
    ]),
  ),
  group('flagMonitoring', 'Monitoring of the flag itself', [
    text('status', 'Status'),
    text('usage', 'Usage'),
    text('impact', 'Impact'),
  ]),
]

const watched: readonly Field[] = [
  lines('steps', 'Steps'),
  text('verify', 'How it is verified'),
  number('watchMinutes', 'Watched afterwards, in minutes'),
]

const ROLLBACK: readonly Field[] = [
  list(
    'triggers',
    'What sets a rollback off',
    'Add a trigger',
    group('trigger', 'Trigger', [
      choice('class', 'Class', ['critical', 'performance', 'user-impact']),
      text('event', 'What happens'),
      {
        kind: 'either',
        key: 'bound',
        label: 'Who notices',
        options: [
          {
            label: 'a criterion',
            begin: { criterion: '' },
            fields: [criterion('criterion', 'Criterion of the plan')],
          },
          { label: 'an alert', begin: { alert: '' }, fields: [line('alert', 'Name of the alert')] },
          ...REPORTS.map((it) => ({
            label: `a report of ${it.replace('-', ' ')}`,
            begin: { report: it },
            fields: [choice('severity', 'As severe as, or worse', SEVERITIES)],
          })),
          { label: 'a person', begin: { person: '' }, fields: [person('person', 'Person or role')] },
        ],
      },
    ]),
  ),
  group('quickDisable', 'Quick disable', watched),
  group('codeRollback', 'Code', [
    line('targetVersion', 'Version that is gone back to'),
    ...watched,
    { kind: 'hook', key: 'hook', label: 'Hook that carries it out', part: 'code', optional: true },
    text('byHand', 'Why no hook carries it out', { optional: true }),
  ]),
  {
    kind: 'either',
    key: 'dataRollback',
    label: 'Data',
    options: [
      { label: 'nothing to put back', begin: { needed: false }, fields: [text('reason', 'Why')] },
      { label: 'cannot be put back', begin: { supported: false }, fields: [text('reason', 'Why')] },
      {
        label: 'is put back',
        begin: { supported: true },
        fields: [
          lines('steps', 'Steps'),
          text('integrityCheck', 'Integrity check'),
          { kind: 'hook', key: 'hook', label: 'Hook that carries it out', part: 'data', optional: true },
          group(
            'watch',
            'The check is repeated',
            [number('everySeconds', 'Every, in seconds'), number('forSeconds', 'For, in seconds')],
            { optional: true },
          ),
        ],
      },
    ],
  },
  {
    kind: 'either',
    key: 'infrastructureRollback',
    label: 'Infrastructure',
    optional: true,
    options: [
      { label: 'nothing to put back', begin: { needed: false }, fields: [text('reason', 'Why')] },
      {
        label: 'is put back',
        begin: {},
        fields: [
          ...watched,
          {
            kind: 'hook',
            key: 'hook',
            label: 'Hook that carries it out',
            part: 'infrastructure',
            optional: true,
          },
        ],
      },
    ],
  },
  group('handover', 'The procedure that takes over', [
    line('procedure', 'Name'),
    group('definition', 'Definition', [line('id', 'Id'), number('version', 'Version')], { optional: true }),
    reference('reference', 'Where it is'),
  ]),
]

const DOCUMENTS: readonly Field[] = [
  {
    ...list(
      'documents',
      'Further documents, and where they are',
      'Add a document',
      group('document', 'Document', [
        choice('document', 'Document', [
          'flag-configuration',
          'rollout-plan',
          'runbook-updates',
          'flag-reference',
        ]),
        reference('reference', 'Where it is'),
      ]),
    ),
    help: 'Those that are made here need no line.',
  },
]

/** The fields of a step by its id. */
export const STEP_FIELDS: Readonly<Record<string, readonly Field[]>> = {
  flags: FLAGS,
  plan: PLAN,
  monitoring: MONITORING,
  rollback: ROLLBACK,
  documents: DOCUMENTS,
}
