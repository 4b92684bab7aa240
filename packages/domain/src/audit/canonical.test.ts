import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { canonical } from './canonical.ts'

test.each([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  // RFC 8785, 3.2.3: names are sorted by UTF-16 code units, so the surrogate comes before U+FB33.
  [
    { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 },
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  ],
  [[333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0], '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]'],
  [{ gone: undefined, kept: '"\\\u0001' }, '{"kept":"\\"\\\\\\u0001"}'],
])('the canonical text of %j', (value, text) => {
  expect(canonical(value)).toBe(text)
})

test('the order of names does not matter, and the text is the same JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).toReversed())
      expect(canonical(turned)).toBe(canonical(value))
      expect(canonical(JSON.parse(canonical(value)))).toBe(canonical(value))
    }),
    { seed: 4860 },
  )
})

test('what JSON cannot hold is an error', () => {
  for (const value of [Number.NaN, Infinity, 1n, () => 0, Symbol('x'), { a: [Number.NaN] }]) {
    expect(() => canonical(value)).toThrow(TypeError)
  }
})
