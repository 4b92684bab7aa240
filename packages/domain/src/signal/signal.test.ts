/** P-O2: words, order and patience of signals, as pure rules. */
import { describe, expect, it } from 'vitest'

import { laneOf } from './channel.ts'
import { headlineOf } from './headline.ts'
import { severityOfLabel } from './report.ts'
import { nextOf, retryAfterMs } from './retry.ts'
import { SIGNAL_TYPES } from './signal.ts'
import { factOfType } from './trigger.ts'

const NOW = new Date('2026-03-02T10:00:00Z')
const seconds = (at: Date) => (at.getTime() - NOW.getTime()) / 1_000

describe('P-O2 a signal in words', () => {
  it('has words for every type of the procedure', () => {
    for (const type of Object.values(SIGNAL_TYPES))
      expect(headlineOf(type, 'features/new-checkout')).not.toContain('dev.flagmarshal')
  })

  it.each([
    [SIGNAL_TYPES.planApproved, 'features/new-checkout', 'Rollout plan approved: new-checkout'],
    [
      `${SIGNAL_TYPES.planApproved}.revoked`,
      'features/new-checkout',
      'Rollout plan approved no longer: new-checkout',
    ],
    ['org.example.thing', 'features/x', 'org.example.thing: x'],
    ['org.example.thing', 'x', 'org.example.thing: x'],
  ])('%s about %s', (type, subject, words) => {
    expect(headlineOf(type, subject)).toBe(words)
  })

  it('keeps the order of what is about one feature or flag', () => {
    expect(laneOf('features/new-checkout/rollouts/rollout_1')).toBe('features/new-checkout')
    expect(laneOf('flags/one')).toBe('flags/one')
  })
})

describe('R6 patience', () => {
  it('tries ten times over three days, then gives up', () => {
    const waits = Array.from({ length: 10 }, (_, i) => {
      const next = nextOf({ kind: 'failed' }, i + 1, NOW)
      return next.state === 'waiting' ? seconds(next.at) : next.state
    })
    expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 'dead'])
  })

  it('waits as long as the receiver asks, a day at most, and never less than its own wait', () => {
    const after = (afterMs: number) => {
      const next = nextOf({ kind: 'failed', afterMs }, 1, NOW)
      return next.state === 'waiting' ? seconds(next.at) : next.state
    }
    expect([after(60_000), after(0), after(1e12)]).toEqual([60, 5, 86_400])
  })

  it('ends at once what is delivered or refused for good, and keeps what a closed channel lacks', () => {
    expect(nextOf({ kind: 'delivered' }, 1, NOW)).toEqual({ state: 'delivered' })
    expect(nextOf({ kind: 'rejected' }, 1, NOW)).toEqual({ state: 'dead' })
    expect(nextOf({ kind: 'gone' }, 10, NOW)).toEqual({ state: 'waiting', at: NOW })
  })

  it.each([
    ['120', 120_000],
    ['Mon, 02 Mar 2026 10:01:00 GMT', 60_000],
    ['Mon, 02 Mar 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('reads Retry-After %s', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })
})

describe('what comes in', () => {
  it('P-T1 reads facts from the end of a type, whoever sends it', () => {
    expect(factOfType('org.example.acceptance.completed')).toEqual({ kind: 'acceptance', state: 'completed' })
    expect(factOfType('acceptance.inprogress')).toEqual({ kind: 'acceptance', state: 'in_progress' })
    for (const type of ['', 'completed', 'acceptance', 'acceptance.completed.x', 'constructor', '__proto__'])
      expect(factOfType(type)).toBeUndefined()
  })

  it.each([
    ['critical', 'critical'],
    ['Page', 'critical'],
    ['warning', 'major'],
    ['info', 'minor'],
    ['constructor', 'minor'],
    [undefined, 'minor'],
  ])('an alert labelled %s is %s', (label, severity) => {
    expect(severityOfLabel(label)).toBe(severity)
  })
})
