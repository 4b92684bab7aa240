import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { together } from './together.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a few calls are each answered at once, those of a crowd together, and none is forgotten', () => {
  let done = 0
  const call = together(() => done++, { everyMs: 20, burst: 3 })
  for (let i = 1; i <= 3; i++) {
    call()
    expect(done).toBe(i)
  }
  for (let i = 0; i < 100; i++) call()
  expect(done).toBe(3)
  vi.advanceTimersByTime(20)
  expect(done).toBe(4)
  vi.advanceTimersByTime(1_000)
  expect(done, 'nobody has called').toBe(4)
})

test('who calls without end is answered once in each stretch', () => {
  let done = 0
  const call = together(() => done++, { everyMs: 20, burst: 3 })
  for (let ms = 0; ms < 2_000; ms++) {
    call()
    vi.advanceTimersByTime(1)
  }
  expect(done).toBeGreaterThanOrEqual(95)
  expect(done).toBeLessThanOrEqual(103)
})

test('after a rest the next few are at once again', () => {
  let done = 0
  const call = together(() => done++, { everyMs: 20, burst: 3 })
  for (let i = 0; i < 10; i++) call()
  vi.advanceTimersByTime(200)
  const before = done
  for (let i = 0; i < 3; i++) call()
  expect(done).toBe(before + 3)
})
