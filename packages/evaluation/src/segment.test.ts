import { describe, expect, test } from 'vitest'

import type { Segment } from './model.ts'
import { compileSegments } from './segment.ts'

const pro = { attribute: 'plan', op: 'equals', values: ['pro'] } as const

describe('a segment', () => {
  const lookup = compileSegments([
    { key: 'pro', when: pro, include: ['ann', 'bob'], exclude: ['bob', 'cid'] },
    { key: 'list', include: ['ann', '42'] },
    { key: 'empty' },
    { key: 'all-but', when: { all: [] }, exclude: ['ann'] },
    { key: 'outer', when: { not: { segment: 'pro' } } },
  ])

  test.each([
    {
      segment: 'pro',
      context: { targetingKey: 'zoe', plan: 'pro' },
      expected: true,
      why: 'the condition holds',
    },
    {
      segment: 'pro',
      context: { targetingKey: 'zoe', plan: 'free' },
      expected: false,
      why: 'the condition does not hold',
    },
    {
      segment: 'pro',
      context: { targetingKey: 'ann', plan: 'free' },
      expected: true,
      why: 'include wins over the condition',
    },
    {
      segment: 'pro',
      context: { targetingKey: 'bob', plan: 'pro' },
      expected: false,
      why: 'exclude wins over include',
    },
    {
      segment: 'pro',
      context: { targetingKey: 'cid', plan: 'pro' },
      expected: false,
      why: 'exclude wins over the condition',
    },
    {
      segment: 'pro',
      context: { plan: 'pro' },
      expected: true,
      why: 'without a key the condition alone counts',
    },
    { segment: 'list', context: { targetingKey: 'ann' }, expected: true, why: 'the key is in the list' },
    {
      segment: 'list',
      context: { targetingKey: 42 },
      expected: true,
      why: 'a number is the same key as its text',
    },
    { segment: 'list', context: {}, expected: false, why: 'there is no key' },
    { segment: 'empty', context: { targetingKey: 'ann' }, expected: false, why: 'nobody is in it' },
    { segment: 'all-but', context: { targetingKey: 'ann' }, expected: false, why: 'the key is excluded' },
    { segment: 'all-but', context: { targetingKey: 'bob' }, expected: true, why: 'the key is not excluded' },
    { segment: 'outer', context: { plan: 'free' }, expected: true, why: 'segments may use segments' },
  ])('$segment, $context: $expected, because $why', ({ segment, context, expected }) => {
    expect(lookup(segment)(context)).toBe(expected)
  })

  test('that does not exist, contains itself or is malformed is refused by name', () => {
    const broken = compileSegments([
      { key: 'a', when: { all: [{ segment: 'b' }] } },
      { key: 'b', when: { not: { segment: 'a' } } },
      { key: 'good', include: ['x'] },
    ])
    expect(() => broken('none')).toThrow('unknown segment "none"')
    expect(() => broken('a')).toThrow('segment "a" contains itself')
    expect(() => broken('b')).toThrow('segment "b" contains itself')
    expect(broken('good')({ targetingKey: 'x' })).toBe(true)
  })

  test('is refused in a chain that is too deep, whichever end is compiled first', () => {
    const chain: Segment[] = Array.from({ length: 5_000 }, (_, i) => ({
      key: `s${i}`,
      when: { segment: `s${i + 1}` },
    }))
    chain.push({ key: 's5000', include: ['x'] })
    const fromTop = compileSegments(chain)
    expect(() => fromTop('s0')).toThrow(/nested deeper than 16/)
    const fromBottom = compileSegments(chain)
    for (let i = 5_000; i >= 4_984; i--) expect(fromBottom(`s${i}`)({ targetingKey: 'x' })).toBe(true)
    expect(() => fromBottom('s4983')).toThrow('nested deeper than 16')
  })

  test('of 100,000 members knows its last member and no stranger', () => {
    const members = Array.from({ length: 100_000 }, (_, i) => `user-${i}`)
    const big = compileSegments([{ key: 'big', include: members }])('big')
    expect(big({ targetingKey: 'user-99999' })).toBe(true)
    expect(big({ targetingKey: 'user-100000' })).toBe(false)
  })
})
