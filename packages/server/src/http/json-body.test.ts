import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { readJson } from './json-body.ts'
import { HttpProblem } from './problems.ts'
import { repeatedName } from './repeated-name.ts'

function outcome(text: string | Buffer): unknown {
  try {
    return { value: readJson(Buffer.from(text)) }
  } catch (error) {
    if (error instanceof HttpProblem)
      return { status: error.status, pointer: error.more.errors?.[0]?.pointer }
    throw error
  }
}

test('an empty body is none, and JSON is read as it is', () => {
  expect(outcome('')).toEqual({ value: undefined })
  expect(outcome('{"a":[1,"ä😀",null,{"constructor":true}]}')).toEqual({
    value: { a: [1, 'ä😀', null, { constructor: true }] },
  })
})

test.each([
  ['{"a":{"b~/":["x","y\\u0000"]}}', '/a/b~0~1/1'],
  ['{"a":[{"__proto__":1}]}', '/a/0/__proto__'],
  ['{"a":1e400}', '/a'],
  ['{"a":"\\udfff"}', '/a'],
  ['{"\\ud800":1}', '/\ufffd'],
])('the fault of %s is named by its place', (text, pointer) => {
  expect(outcome(text)).toEqual({ status: 422, pointer })
})

test.each([
  ['{"a":1,"a":2}', '/a'],
  ['{"a":{"b":[{},{"c":1,"d":{"e":0},"c":2}]}}', '/a/b/1/c'],
  ['{"\\u0061":1,"a":2}', '/a'],
  ['[{"x":"{\\"y\\":1,\\"y\\":2}"},{"x":1 , "x" : 2}]', '/1/x'],
  ['{"a":{"x":1},"b":{"x":1},"x":["x","x"],"":1,"":2}', '/'],
])('R18 a name that stands twice is refused by its place: %s', (text, pointer) => {
  expect(outcome(text)).toEqual({ status: 422, pointer })
})

test('R18 names may return in other objects, and texts may look like names', () => {
  for (const text of [
    '{"a":{"a":{"a":["a","a"]}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '["a","a","\\\\","a\\"a"]',
  ]) {
    expect(outcome(text)).toEqual({ value: JSON.parse(text) })
  }
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      expect(repeatedName(JSON.stringify(value))).toBeUndefined()
      // The same object with its first name once more is caught, wherever it lies.
      const twice = JSON.stringify({ deep: [value, { name: value }] }).replace('"name":', '"name":0,"name":')
      expect(repeatedName(twice)).toBe('/deep/1/name')
    }),
    { seed: 4860, numRuns: 500 },
  )
})

test('whatever is sent, it is a value or a problem of the caller, and what it accepts can be stored', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json({ stringUnit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      (sent) => {
        const result = outcome(typeof sent === 'string' ? sent : Buffer.from(sent))
        const text = JSON.stringify(result)
        expect(text.isWellFormed()).toBe(true)
        expect(text).not.toContain('\\u0000')
      },
    ),
    { seed: 4860, numRuns: 500 },
  )
})
