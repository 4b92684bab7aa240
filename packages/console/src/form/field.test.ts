import { expect, test } from 'vitest'

import { lacking, lackingOfBegun, reference, sentFields } from './field.ts'
import type { Field } from './field.ts'

const fields: readonly Field[] = [
  { kind: 'line', key: 'name', label: 'Name' },
  { kind: 'lines', key: 'steps', label: 'Steps' },
  reference('reference', 'Code', { optional: true }),
  {
    kind: 'list',
    key: 'alerts',
    label: 'Alerts',
    add: 'Add',
    item: {
      kind: 'group',
      key: 'alert',
      label: 'Alert',
      fields: [
        { kind: 'line', key: 'person', label: 'Who' },
        { kind: 'number', key: 'after', label: 'After', optional: true },
      ],
    },
  },
]

test('what is sent has no empty texts, lists and groups', () => {
  const value = { name: 'a', steps: ['one', ''], alerts: [{ person: '', after: '' }], reference: {} }
  expect(sentFields(fields, value)).toEqual({ name: 'a', steps: ['one'] })
  expect(sentFields(fields, { name: '', steps: [''] })).toBeUndefined()
})

test('no and zero are something', () => {
  const value = sentFields(
    [
      { kind: 'check', key: 'yes', label: 'Yes' },
      { kind: 'number', key: 'n', label: 'N' },
    ],
    { yes: false, n: 0 },
  )
  expect(value).toEqual({ yes: false, n: 0 })
})

test('a shape among several sends what tells it apart, and only its own fields', () => {
  const value = { reference: { kind: 'git', repository: 'r', commit: 'c', url: 'https://left.example' } }
  expect(sentFields(fields, value)).toEqual({ reference: { kind: 'git', repository: 'r', commit: 'c' } })
})

test('what is lacking is named by its labels, item by item', () => {
  const value = {
    name: 'a',
    steps: ['one'],
    alerts: [{ person: 'ada' }, { after: 3 }],
    reference: { kind: 'url' },
  }
  expect(lacking(fields, value)).toEqual(['Code: Address', 'Alerts 2: Who'])
  expect(lacking(fields, {})).toEqual(['Name', 'Steps', 'Alerts'])
})

test('in the output of a step every field may wait, and what was begun must be whole', () => {
  expect(lackingOfBegun(fields, {})).toEqual([])
  expect(lackingOfBegun(fields, { alerts: [{ after: 3 }] })).toEqual(['Alerts 1: Who'])
})

test('text that is not yet JSON is never sent', () => {
  const json: readonly Field[] = [{ kind: 'json', key: 'context', label: 'Context', optional: true }]
  expect(sentFields(json, { context: '{"a":' })).toBeUndefined()
  expect(lacking(json, { context: '{"a":' })).toEqual(['Context: it is not JSON'])
  expect(sentFields(json, { context: { a: 1 } })).toEqual({ context: { a: 1 } })
})
