import { describe, expect, it } from 'vitest'

import { conditionFaults } from './condition.ts'
import { missingForOthers } from './definition.ts'
import { prerequisiteFaults } from './prerequisite.ts'
import type { OtherFlags } from './prerequisite.ts'

const others: OtherFlags = new Map([
  ['a', { variants: ['on', 'off'], asksFor: [] }],
  ['b', { variants: ['on', 'off'], asksFor: ['f'] }],
  ['c', { variants: ['on', 'off'], asksFor: ['a', 'b'] }],
  ['f', { variants: ['on', 'off'], asksFor: [] }],
])

describe('prerequisites of a flag', () => {
  it('may be flags that are there, by variants that they have', () => {
    expect(prerequisiteFaults('f', [{ flag: 'a', variants: ['on'] }], others)).toEqual([])
    expect(
      prerequisiteFaults(
        'f',
        [
          { flag: 'gone', variants: ['on'] },
          { flag: 'a', variants: ['on', 'blue'] },
        ],
        others,
      ),
    ).toEqual([
      { pointer: '/prerequisites/0/flag', message: 'There is no flag "gone".' },
      { pointer: '/prerequisites/1/variants/1', message: 'Flag "a" has no variant "blue"; it has on, off.' },
    ])
  })

  it.each([
    ['f', 'f → f'],
    ['b', 'f → b → f'],
    ['c', 'f → c → b → f'],
  ])('may not lead back to it: %s', (flag, way) => {
    const [fault] = prerequisiteFaults('f', [{ flag, variants: ['on'] }], others)
    expect(fault).toEqual({
      pointer: '/prerequisites/0/flag',
      message: `The flags would ask for each other: ${way}.`,
    })
  })

  it('keep the variants that they name from being taken away', () => {
    const asking = [
      { flag: 'x', environment: 'staging', prerequisites: [{ flag: 'f', variants: ['on', 'blue'] }] },
    ]
    expect(missingForOthers('f', { on: true, off: false }, asking)).toEqual([
      { pointer: '/variants', message: 'Flag "x" asks for variant "blue" in staging.' },
    ])
  })
})

describe('what a comparison compares with', () => {
  it.each([
    ['matches', ['a+', '(a)\\1'], '/when/values/1', 'Back-references are not linear'],
    ['in-cidr', ['10.0.0.0/8', '10.0.0.0/40'], '/when/values/1', 'is no IP address or block of them.'],
    ['version-at-least', ['one'], '/when/values', 'is no version.'],
    ['before', ['2026-01-01T00:00'], '/when/values', 'is no RFC 3339 date or time.'],
  ])('%s: what cannot be read is named with its place', (op, values, pointer, says) => {
    const condition = JSON.parse(JSON.stringify({ attribute: 'a', op, values }))
    const faults = conditionFaults(condition, new Set(), '/when')
    expect(faults).toEqual([{ pointer, message: expect.stringContaining(says) }])
  })
})
