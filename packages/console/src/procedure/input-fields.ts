/** What is given for each required input, field by field, by the input's id. */
import type { Field } from '../form/field.ts'
import { reference } from '../form/field.ts'

const text = (key: string, label: string): Field => ({ kind: 'text', key, label })
const number = (key: string, label: string, help: string): Field => ({ kind: 'number', key, label, help })
const references = (key: string, label: string, add: string): Field => ({
  kind: 'list',
  key,
  label,
  add,
  item: reference('reference', 'Reference'),
})

/** Shapes that stand beside each other without a name of their own. */
const EITHER: Readonly<Record<string, Field>> = {
  'P-I7': {
    kind: 'either',
    key: 'value',
    label: 'How it is deployed',
    options: [
      ...['blue-green', 'canary', 'rolling'].map((approach) => ({
        label: approach,
        begin: { approach },
        fields: [],
      })),
      { label: 'other', begin: { approach: 'other' }, fields: [text('text', 'How')] },
    ],
  },
  'P-I11': {
    kind: 'either',
    key: 'value',
    label: 'What watches it',
    options: [
      {
        label: 'built-in telemetry',
        begin: { accept: 'built-in-telemetry' },
        fields: [text('statement', 'Why it suffices')],
      },
      {
        label: 'a connection',
        begin: { connection: '' },
        fields: [{ kind: 'line', key: 'connection', label: 'Connection' }, text('statement', 'Statement')],
      },
    ],
  },
}

const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  'P-I1': [
    reference('reference', 'Requirements document'),
    { kind: 'lines', key: 'acceptanceCriteria', label: 'Acceptance criteria' },
  ],
  'P-I2': [
    {
      kind: 'list',
      key: 'layers',
      label: 'Code of each layer',
      add: 'Add a layer',
      item: {
        kind: 'group',
        key: 'layer',
        label: 'Layer',
        fields: [
          { kind: 'choice', key: 'layer', label: 'Layer', of: ['backend', 'frontend', 'middleware'] },
          reference('reference', 'Code'),
        ],
      },
    },
  ],
  'P-I3': [references('results', 'Test results, JUnit XML or CTRF JSON', 'Add results')],
  'P-I4': [
    reference('logging', 'Logging', { optional: true }),
    reference('metrics', 'Metrics', { optional: true }),
    reference('alerting', 'Alerting', { optional: true }),
    {
      kind: 'either',
      key: 'source',
      label: 'Where metrics are read',
      optional: true,
      options: [
        { label: 'built-in telemetry', begin: 'built-in-telemetry', fields: [] },
        {
          label: 'a connection',
          begin: { connection: '' },
          fields: [{ kind: 'line', key: 'connection', label: 'Connection' }],
        },
      ],
    },
    { kind: 'lines', key: 'named', label: 'Metrics that must be there', optional: true },
  ],
  'P-I5': [references('references', 'Runbooks', 'Add a runbook')],
  'P-I6': [
    reference('reference', 'Where readiness is recorded'),
    { kind: 'day', key: 'on', label: 'Found ready on' },
    {
      kind: 'list',
      key: 'criteria',
      label: 'Acceptance criteria',
      help: 'Each of P-I1.',
      add: 'Add a criterion',
      item: {
        kind: 'group',
        key: 'criterion',
        label: 'Criterion',
        fields: [
          { kind: 'line', key: 'criterion', label: 'Criterion', suggest: 'criteria' },
          { kind: 'choice', key: 'met', label: 'Is it met', of: ['met', 'not met'] },
        ],
      },
    },
    {
      kind: 'list',
      key: 'procedures',
      label: 'QA procedures',
      add: 'Add a procedure',
      item: {
        kind: 'group',
        key: 'procedure',
        label: 'Procedure',
        fields: [
          { kind: 'line', key: 'name', label: 'Name' },
          { kind: 'line', key: 'result', label: 'Result' },
        ],
      },
    },
  ],
  'P-I8': [
    {
      kind: 'group',
      key: 'alternative',
      label: 'Another way than this flag system',
      fields: [
        text('instead', 'What is used instead'),
        text('turnedOffBy', 'How the feature is turned off there'),
        text('reason', 'Why'),
      ],
    },
  ],
  'P-I9': [
    { kind: 'choice', key: 'mode', label: 'How it reaches users', of: ['gradual', 'immediate'] },
    text('reason', 'Business reason'),
    { kind: 'instant', key: 'earliestStart', label: 'Not before', optional: true },
    { kind: 'instant', key: 'deadline', label: 'Complete by', optional: true },
  ],
  'P-I10': [
    number('maxErrorRateIncrease', 'Errors: largest increase, in percent', '100 is twice as many.'),
    number('maxLatencyIncrease', 'Slow requests: largest increase, in percent', '100 is twice as many.'),
    number('maxExposedUsers', 'Users exposed before a person looks', 'At most.'),
  ],
  'P-I12': [
    reference('reference', 'Deployment documentation'),
    { kind: 'line', key: 'previousVersion', label: 'Previous version' },
  ],
}

/** The fields of an input; undefined for one that is not given by hand. */
export function inputFields(id: string): readonly Field[] | undefined {
  const either = EITHER[id]
  return either === undefined ? FIELDS[id] : [either]
}

/** What the form begins with, from what was given. */
export function formOfInput(id: string, value: unknown): Readonly<Record<string, unknown>> {
  if (EITHER[id] !== undefined) return { value }
  const fields = { ...(typeof value === 'object' ? value : {}) } as Record<string, unknown>
  return id === 'P-I6' ? { ...fields, criteria: words(fields['criteria']) } : fields
}

/** What is sent, from the body that the form makes. */
export function inputOfForm(id: string, body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (EITHER[id] !== undefined) return { ...(body['value'] as object) }
  return id === 'P-I6' ? { ...body, criteria: flags(body['criteria']) } : { ...body }
}

/** Met or not is said in words: an empty box would say "not met" of what nobody looked at. */
const words = (criteria: unknown): unknown =>
  mapped(criteria, (it) => ({ ...it, met: it['met'] === true ? 'met' : 'not met' }))
const flags = (criteria: unknown): unknown => mapped(criteria, (it) => ({ ...it, met: it['met'] === 'met' }))

function mapped(list: unknown, change: (it: Readonly<Record<string, unknown>>) => object): unknown {
  return Array.isArray(list) ? list.map((it) => change(it as Record<string, unknown>)) : list
}
