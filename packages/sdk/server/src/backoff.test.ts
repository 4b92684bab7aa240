import { describe, expect, it } from 'vitest'

import { randomOf } from '../../../../tests/support/random.ts'
import { record } from '../../../../tests/support/soak.ts'
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

const CLIENTS = 1_000

describe('R3 a thousand clients that lose their server at the same moment', () => {
  it.for([
    [1, 600],
    [5, 250],
    [60, 100],
  ] as const)('after %i s no more than %i come back within a second', ([awayS, most], context) => {
    const arrivals = arrivalsAfter(awayS * 1_000)
    const perSecond = [...Map.groupBy(arrivals, (ms) => Math.floor(ms / 1_000)).values()]
    const peak = Math.max(...perSecond.map((it) => it.length))
    const tookS = Math.max(...arrivals) / 1_000 - awayS
    record(context, {
      done: `${CLIENTS} clients lose their server for ${awayS} s, on paper`,
      times: CLIENTS,
      result: `peak ${peak}/s, all back after ${tookS.toFixed(0)} s`,
    })
    expect(peak).toBeLessThanOrEqual(most)
    expect(tookS).toBeLessThanOrEqual(backoff.capMs / 1_000)
  })
})

/** When each client comes back to a server that is away from 0 until then, in milliseconds. */
function arrivalsAfter(awayMs: number): readonly number[] {
  const random = randomOf(20_260_302)
  return Array.from({ length: CLIENTS }, () => {
    let at = 0
    for (let failures = 1; at < awayMs; failures++) at += backoffMs(backoff, failures, random.uniform())
    return at
  })
}

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
