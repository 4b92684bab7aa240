import { describe, expect, test } from 'vitest'

import { guarded } from './attribute.ts'
import { compileCondition } from './condition.ts'
import type { Comparison, EvaluationContext } from './model.ts'

const noSegment = (key: string): never => {
  throw new Error(`unknown segment ${key}`)
}

function holds(condition: Comparison, context: EvaluationContext): boolean {
  return compileCondition(condition, { segment: noSegment })(guarded(context))
}

/** Whether a text fits the first value of an operator. */
type Row = readonly [value: unknown, operand: string, expected: boolean]

function rows(op: Exclude<Comparison['op'], 'exists' | 'equals' | 'in'>, all: readonly Row[]): void {
  test.each(all)(`${op}: %j against %j is %j`, (value, operand, expected) => {
    const condition = JSON.parse(JSON.stringify({ attribute: 'a', op, values: [operand] }))
    expect(holds(condition, { a: value })).toBe(expected)
  })
}

describe('versions', () => {
  rows('version-equals', [
    ['1.2.3', '1.2.3', true],
    ['v1.2.3', '1.2.3', true],
    ['1.2', '1.2.0', true],
    ['1', '1.0.0', true],
    ['1.2.3+build.7', '1.2.3', true],
    ['1.2.3-rc.1', '1.2.3', false],
    ['01.2.3', '1.2.3', false],
    ['1.2.3.4', '1.2.3', false],
    ['1.2-rc', '1.2.0', false],
    ['', '0.0.0', false],
    ['one', '1.0.0', false],
    [1, '1.0.0', false],
    [null, '1.0.0', false],
  ])
  rows('version-less-than', [
    ['3.9.9', '3.10.0', true],
    ['3.10.0', '3.9.9', false],
    ['1.0.0-alpha', '1.0.0-alpha.1', true],
    ['1.0.0-alpha.1', '1.0.0-alpha.beta', true],
    ['1.0.0-beta.2', '1.0.0-beta.11', true],
    ['1.0.0-rc.1', '1.0.0', true],
    ['1.0.0', '1.0.0', false],
    ['nothing', '1.0.0', false],
  ])
  rows('version-at-most', [
    ['1.0.0', '1', true],
    ['1.0.1', '1', false],
  ])
  rows('version-more-than', [
    ['2.0.0', '1.99.99', true],
    ['2.0.0-rc.1', '2.0.0', false],
  ])
  rows('version-at-least', [
    ['3.2.0', '3.2', true],
    ['3.1.9', '3.2', false],
    ['x', '3.2', false],
  ])
  rows('version-same-major', [
    ['3.9.0', '3.0.0', true],
    ['4.0.0', '3.0.0', false],
    [['3.0.0'], '3.0.0', false],
  ])
  rows('version-same-minor', [
    ['3.1.9', '3.1.0', true],
    ['3.2.0', '3.1.0', false],
  ])
})

describe('addresses', () => {
  rows('in-cidr', [
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '0.0.0.0/0', true],
    ['10.1.2.131', '10.1.2.128/25', true],
    ['10.1.2.127', '10.1.2.128/25', false],
    ['::ffff:10.1.2.3', '10.0.0.0/8', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1/128', true],
    ['fe80::1%eth0', 'fe80::/10', false],
    ['::1', '0.0.0.0/0', false],
    ['010.1.2.3', '10.0.0.0/8', false],
    ['10.1.2', '10.0.0.0/8', false],
    ['1::2::3', '::/0', false],
    [167838211, '10.0.0.0/8', false],
  ])

  test('one of several blocks is enough', () => {
    const condition = { attribute: 'ip', op: 'in-cidr', values: ['10.0.0.0/8', '2001:db8::/32'] } as const
    expect(holds(condition, { ip: '2001:db8:1::' })).toBe(true)
    expect(holds(condition, { ip: '10.9.9.9' })).toBe(true)
    expect(holds(condition, { ip: '192.168.0.1' })).toBe(false)
  })
})

describe('instants', () => {
  rows('before', [
    ['2026-01-31', '2026-02-01T00:00:00Z', true],
    ['2026-02-01T01:00:00+02:00', '2026-02-01T00:00:00Z', true],
    ['2026-02-01T00:00:00Z', '2026-02-01T00:00:00Z', false],
    [Date.parse('2026-01-31T00:00:00Z'), '2026-02-01T00:00:00Z', true],
    [new Date('2026-01-31T00:00:00Z'), '2026-02-01T00:00:00Z', true],
    // Without an offset it would be another instant on each machine.
    ['2026-01-31T00:00:00', '2026-02-01T00:00:00Z', false],
    ['yesterday', '2026-02-01T00:00:00Z', false],
    [true, '2026-02-01T00:00:00Z', false],
  ])
  rows('after', [
    ['2026-02-01T00:00:00.001Z', '2026-02-01T00:00:00Z', true],
    ['2026-02-01 00:00:01z', '2026-02-01T00:00:00Z', true],
    ['2026-01-31', '2026-02-01', false],
    [undefined, '2026-02-01', false],
  ])
})

describe('patterns', () => {
  rows('matches', [
    ['ada@example.com', '@example\\.(com|org)$', true],
    ['ada@example.net', '@example\\.(com|org)$', false],
    ['user-123', '^user-[0-9]{3,}$', true],
    ['user-12', '^user-[0-9]{3,}$', false],
    [123, '123', false],
    [['123'], '123', false],
  ])

  test('any case is matched where that is asked for', () => {
    const condition = { attribute: 'a', op: 'matches', values: ['^ab[c-d]$'] } as const
    expect(holds(condition, { a: 'ABD' })).toBe(false)
    expect(holds({ ...condition, ignoreCase: true }, { a: 'ABD' })).toBe(true)
  })
})

describe('whatever the context holds', () => {
  const hostile: EvaluationContext = {
    get a(): never {
      throw new Error('a getter')
    },
  }
  const conditions: readonly Comparison[] = [
    { attribute: 'a', op: 'matches', values: ['x'] },
    { attribute: 'a', op: 'in-cidr', values: ['10.0.0.0/8'] },
    { attribute: 'a', op: 'before', values: ['2026-01-01'] },
    { attribute: 'a', op: 'version-at-least', values: ['1.0.0'] },
  ]
  const impostor: unknown = new Proxy(new Date(), {})

  test.each(conditions)('$op never throws, and does not hold for what it cannot read', (condition) => {
    for (const a of [
      {},
      [],
      null,
      undefined,
      Number.NaN,
      Symbol('s'),
      () => 'x',
      impostor,
      'x'.repeat(1e6),
    ]) {
      expect(() => holds(condition, { a })).not.toThrow()
    }
    expect(holds(condition, hostile)).toBe(false)
    expect(holds(condition, {})).toBe(false)
  })
})

describe('refused when it is compiled', () => {
  test.each([
    [{ attribute: 'a', op: 'matches', values: ['('] }, 'a ( without its )'],
    [{ attribute: 'a', op: 'in-cidr', values: ['10.0.0.0/33'] }, 'no IP address'],
    [{ attribute: 'a', op: 'before', values: ['2026-01-01T00:00:00'] }, 'no RFC 3339'],
    [{ attribute: 'a', op: 'version-equals', values: ['x'] }, 'no version'],
    [{ attribute: 'a', op: 'version-equals', values: ['1', '2'] }, 'exactly one text'],
    [{ jsonLogic: { '==': [1, 1] } }, 'no engine for it'],
  ])('%j', (condition, message) => {
    expect(() => holds(JSON.parse(JSON.stringify(condition)), {})).toThrow(message)
  })
})
