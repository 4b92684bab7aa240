import { expect, test } from 'vitest'

import { createBackoff } from './backoff.ts'

test('a rollout that fails is left alone twice as long each time, at most half a minute, and others are not', () => {
  let now = 0
  const backoff = createBackoff({ now: () => new Date(now), sleep: () => Promise.resolve() })
  expect([1, 2, 3].map(() => backoff.failed('a'))).toEqual([250, 500, 1_000])
  expect(backoff.waiting()).toEqual(['a'])
  expect(backoff.soonestMs()).toBe(1_000)
  now = 1_000
  expect(backoff.waiting()).toEqual([])
  expect(backoff.soonestMs()).toBeUndefined()
  for (let i = 0; i < 20; i++) backoff.failed('a')
  expect(backoff.failed('a')).toBe(30_000)
  expect(backoff.failing()).toBe(1)
  backoff.succeeded('a')
  expect(backoff.failing()).toBe(0)
})
