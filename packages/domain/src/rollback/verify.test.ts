import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isSettled, LOST_AFTER_MS, TIMED_OUT_AFTER_MS, verification } from './verify.ts'
import type { Watched } from './verify.ts'

const at = new Date('2026-03-01T12:00:00Z')
const later = (ms: number): Date => new Date(at.getTime() + ms)

function watched(instanceId: string, more: Partial<Watched> = {}): Watched {
  return { instanceId, application: 'shop', mode: 'stream', pollIntervalMs: 30_000, lastSeenAt: at, ...more }
}

describe('verification', () => {
  it('is verified at once when there is nobody to wait for', () => {
    expect(verification(at, [], at)).toMatchObject({ state: 'verified', total: 0 })
  })

  it('goes from accepted over confirming to verified', () => {
    const [a, b] = [watched('a'), watched('b')]
    expect(verification(at, [a, b], later(10)).state).toBe('accepted')
    const confirmed = watched('a', { confirmedAt: later(40) })
    expect(verification(at, [confirmed, b], later(50))).toMatchObject({
      state: 'confirming',
      confirmed: 1,
      pending: 1,
      instances: [{ instanceId: 'a', state: 'confirmed', confirmedAfterMs: 40 }, { state: 'pending' }],
    })
    const both = [confirmed, watched('b', { confirmedAt: later(60) })]
    expect(verification(at, both, later(70))).toMatchObject({ state: 'verified', confirmed: 2 })
  })

  it('loses a streaming instance after a minute of silence, and not before', () => {
    const silent = [watched('a')]
    expect(verification(at, silent, later(LOST_AFTER_MS - 1)).state).toBe('accepted')
    expect(verification(at, silent, later(LOST_AFTER_MS))).toMatchObject({
      state: 'verified_except',
      lost: 1,
    })
  })

  it('loses a polling instance after two of its intervals', () => {
    const poller = [watched('a', { mode: 'poll', pollIntervalMs: 300_000 })]
    expect(verification(at, poller, later(599_999)).lost).toBe(0)
    expect(verification(at, poller, later(600_000))).toMatchObject({ state: 'verified_except', lost: 1 })
  })

  it('times out when somebody is alive and does not confirm', () => {
    const alive = [watched('a', { lastSeenAt: later(TIMED_OUT_AFTER_MS - 100) })]
    expect(verification(at, alive, later(TIMED_OUT_AFTER_MS - 1)).state).toBe('accepted')
    expect(verification(at, alive, later(TIMED_OUT_AFTER_MS)).state).toBe('timed_out')
    const late = [watched('a', { confirmedAt: later(TIMED_OUT_AFTER_MS + 5) })]
    expect(verification(at, late, later(TIMED_OUT_AFTER_MS + 10)).state, 'late is late, not never').toBe(
      'verified',
    )
  })

  it('gives a slow poller three of its intervals before it times out', () => {
    const poller = [
      watched('a', { mode: 'poll', pollIntervalMs: 100_000, lastSeenAt: later(299_000) }),
      watched('b', { confirmedAt: later(5) }),
    ]
    expect(verification(at, poller, later(299_999)).state).toBe('confirming')
    expect(verification(at, poller, later(300_000)).state).toBe('timed_out')
  })

  it('counts every instance once, and is verified only when all have confirmed', () => {
    const instance = fc.record({
      mode: fc.constantFrom('stream' as const, 'poll' as const),
      pollIntervalMs: fc.integer({ min: 1, max: 400_000 }),
      seen: fc.integer({ min: -60_000, max: 400_000 }),
      confirmed: fc.option(fc.integer({ min: 0, max: 400_000 })),
    })
    fc.assert(
      fc.property(fc.array(instance), fc.integer({ min: 0, max: 500_000 }), (instances, now) => {
        const all = instances.map((it, index) =>
          watched(`${index}`, {
            mode: it.mode,
            pollIntervalMs: it.pollIntervalMs,
            lastSeenAt: later(it.seen),
            ...(it.confirmed === null ? {} : { confirmedAt: later(it.confirmed) }),
          }),
        )
        const found = verification(at, all, later(now))
        expect(found.confirmed + found.pending + found.lost).toBe(found.total)
        expect(found.total).toBe(all.length)
        expect(found.state === 'verified').toBe(found.confirmed === all.length)
        expect(isSettled(found.state) && found.state !== 'timed_out').toBe(found.pending === 0)
      }),
      { seed: 4860, numRuns: 500 },
    )
  })
})
