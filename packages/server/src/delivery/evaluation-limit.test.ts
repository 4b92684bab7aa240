import { expect, it } from 'vitest'

import { createEvaluationLimit } from './evaluation-limit.ts'

const at = (ms: number) => new Date(1_700_000_000_000 + ms)

it('lets a burst through, then as many as the time that has passed', () => {
  const limit = createEvaluationLimit(10)
  const allowed = (ms: number, tries: number) =>
    Array.from({ length: tries }, () => limit.take('a', at(ms))).filter((it) => it === undefined).length
  expect(allowed(0, 50)).toBe(20)
  expect(allowed(100, 50)).toBe(1)
  expect(allowed(1_100, 50)).toBe(10)
  expect(allowed(60_000, 50)).toBe(20)
})

it('says when to come again, in whole seconds', () => {
  const limit = createEvaluationLimit(0.1)
  expect(limit.take('a', at(0))).toMatchObject({ code: 'too-many-evaluations', retryAfterSeconds: 8 })
  expect(createEvaluationLimit(10).take('a', at(0))).toBeUndefined()
})

it('counts each key for itself, and 0 is no limit', () => {
  const limit = createEvaluationLimit(1)
  for (let i = 0; i < 2; i++) expect(limit.take('a', at(0))).toBeUndefined()
  expect(limit.take('a', at(0))).toBeDefined()
  expect(limit.take('b', at(0))).toBeUndefined()
  const none = createEvaluationLimit(0)
  for (let i = 0; i < 1_000; i++) expect(none.take('a', at(0))).toBeUndefined()
})

it('gains nothing from a clock that is put back and forth', () => {
  const limit = createEvaluationLimit(1)
  for (let i = 0; i < 2; i++) limit.take('a', at(10_000))
  expect(limit.take('a', at(0))).toBeDefined()
  expect(limit.take('a', at(500))).toBeDefined()
})
