import { describe, expect, it } from 'vitest'

import { backoffMs, pause } from './backoff.ts'

const backoff = { baseMs: 1_000, capMs: 30_000 }

describe('backoffMs', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [6, 30_000],
    [5_000, 30_000],
  ])('waits less than the doubled and capped bound after %i failures', (failures, bound) => {
    expect(backoffMs(backoff, failures, 0)).toBe(0)
    expect(backoffMs(backoff, failures, 0.5)).toBe(bound / 2)
  })
})

describe('pause', () => {
  it('ends at once when it is aborted, before or while it waits', async () => {
    const stop = new AbortController()
    const waiting = pause(60_000, stop.signal)
    stop.abort()
    await waiting
    await pause(60_000, stop.signal)
    expect(stop.signal.aborted).toBe(true)
  })
})
