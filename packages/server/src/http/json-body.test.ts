import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { readJson } from './json-body.ts'
import { HttpProblem } from './problems.ts'

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
