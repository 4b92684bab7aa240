import { describe, expect, it } from 'vitest'

import { killRecovery, recoveryDeadline } from './kill-recovery.ts'
import type { KillFacts } from './kill-recovery.ts'

const at = new Date('2026-03-01T12:00:00Z')
const later = (ms: number) => new Date(at.getTime() + ms)
const facts = (more: Partial<KillFacts> = {}): KillFacts => ({
  at,
  verification: 'verified',
  before: { on: { n: 100, bad: 30 }, off: { n: 0, bad: 0 } },
  after: { n: 100, bad: 0 },
  exposed: { n: 0, bad: 0 },
  flushMs: 500,
  ...more,
})

describe('P-S5-2 the recovery after a kill', () => {
  it('is shown once everybody confirmed, exposure is 0 and the bad share has come down', () => {
    expect(killRecovery(facts(), later(1_000)).state).toBe('watching')
    const found = killRecovery(facts({ exposed: { n: 3, bad: 1 }, exposedAt: later(200) }), later(2_700))
    expect(found).toMatchObject({
      state: 'recovered',
      found: { exposure: { gone: true, afterMs: 200, requests: 3 }, before: 0.3, after: 0 },
    })
  })

  it('has failed when requests still get it, when an instance does not confirm, or when they stay bad', () => {
    const deadline = recoveryDeadline(facts())
    const stillOn = facts({ exposed: { n: 9, bad: 0 }, exposedAt: deadline })
    expect(killRecovery(stillOn, deadline)).toMatchObject({
      state: 'failed',
      found: { said: expect.stringContaining('still served') },
    })
    const bad = facts({ after: { n: 100, bad: 29 } })
    expect(killRecovery(bad, later(60_000)).state).toBe('watching')
    expect(killRecovery(bad, deadline)).toMatchObject({
      state: 'failed',
      found: { said: '29 % of the requests are bad, 30 % before: it has not come down' },
    })
    expect(killRecovery(facts({ verification: 'timed_out' }), later(1)).state).toBe('failed')
  })

  it('has nothing to come down from where off was as bad before, or the share is acceptable', () => {
    const noisy = facts({
      before: { on: { n: 100, bad: 5 }, off: { n: 100, bad: 4 } },
      after: { n: 100, bad: 5 },
    })
    expect(killRecovery(noisy, later(10_000)).state).toBe('recovered')
    const fine = facts({
      before: { on: { n: 100, bad: 1 }, off: { n: 0, bad: 0 } },
      after: { n: 100, bad: 1 },
    })
    expect(killRecovery(fine, later(10_000)).state).toBe('recovered')
    expect(killRecovery({ ...noisy, ceiling: 0.2, before: facts().before }, later(10_000)).state).toBe(
      'recovered',
    )
  })

  it('is not measured where hardly anybody comes by, and never called a recovery', () => {
    const deadline = recoveryDeadline(facts())
    const none = { n: 0, bad: 0 }
    const silent = facts({ after: none, before: { on: none, off: none } })
    expect(killRecovery(silent, deadline).state).toBe('not_measured')
    expect(killRecovery(facts({ after: { n: 5, bad: 0 } }), deadline)).toMatchObject({
      state: 'not_measured',
      found: { said: '5 requests since are too few to judge the recovery' },
    })
  })
})
