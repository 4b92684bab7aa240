import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'

import { act, exposed, plan, QUIET, START, step, until } from '../../../../tests/support/rollout.ts'
import { isRefusal } from '../refusal.ts'
import { ALLOWED, can, type Action } from './can.ts'
import type { Rollout, RolloutState } from './model.ts'
import { nextWake } from './schedule.ts'
import { scheduleRollout, transition, type RolloutEvent } from './transition.ts'

const by = { by: 'anna', reason: 'because' }

const people: readonly RolloutEvent[] = [
  { kind: 'pause', ...by },
  { kind: 'resume', ...by },
  { kind: 'advance', ...by },
  { kind: 'roll-back', ...by },
  { kind: 'abort', ...by },
  { kind: 'kill', ...by },
  { kind: 'rollback-verified' },
  { kind: 'rollback-failed', failure: 'no answer' },
]

describe('transition', () => {
  it('refuses what the table refuses, with a remedy', () => {
    for (const [rollout, event] of everyPair().filter(([each, act]) => !can(act.kind, each.state))) {
      expect(transition(plan(), rollout, event, START)).toMatchObject({
        refused: true,
        code: 'rollout-state',
      })
    }
  })

  it('accepts a kill in every state', () => {
    for (const rollout of everyState()) {
      expect(isRefusal(transition(plan(), rollout, { kind: 'kill', ...by }, START))).toBe(false)
    }
  })

  it('raises the version by one with each change, and by none without', () => {
    for (const [rollout, event] of everyPair()) {
      const next = transition(plan(), rollout, event, START)
      if (isRefusal(next)) continue
      expect(next.version).toBe(next === rollout ? rollout.version : rollout.version + 1)
    }
  })

  it('keeps the evidence through every act of a person', () => {
    const drive = exposed(plan())
    until(drive, QUIET)
    const { evidence } = drive.rollout
    act(drive, { kind: 'pause', ...by })
    act(drive, { kind: 'resume', ...by })
    act(drive, { kind: 'advance', ...by })
    expect(drive.rollout.evidence).toBe(evidence)
  })

  it('a person may not expose anybody before the observe stage has ended', () => {
    const observing = everyState().find(
      ({ state }) => state.kind === 'held' && state.from.kind === 'observing',
    )
    if (observing === undefined) throw new Error('no held observing state')
    const next = transition(plan(), observing, { kind: 'advance', ...by }, START)
    expect(isRefusal(next) && next.code).toBe('still-observing')
  })

  it('a person who advances the last increment completes the rollout', () => {
    const drive = exposed(plan())
    until(drive, QUIET)
    until(drive, QUIET)
    act(drive, { kind: 'advance', ...by })
    expect(drive.rollout.state).toEqual({ kind: 'completed' })
  })

  it('a completed rollout can still be rolled back by a person', () => {
    const completed: Rollout = { ...scheduleRollout('r1', 1, START), state: { kind: 'completed' } }
    const next = transition(plan(), completed, { kind: 'roll-back', ...by }, START)
    expect(next).toMatchObject({ state: { kind: 'rolling_back', from: { stage: 1, increment: 0 } } })
  })

  it('whatever people do in whatever order, the position never goes back and nothing is lost', () => {
    assert(
      property(array(constantFrom(...people), { maxLength: 30 }), (events) => {
        let rollout = exposed(plan()).rollout
        for (const event of events) {
          const next = transition(plan(), rollout, event, START)
          if (isRefusal(next)) continue
          expect(rank(next.state)).toBeGreaterThanOrEqual(rank(rollout.state))
          expect(next.evidence).toBe(rollout.evidence)
          rollout = next
        }
      }),
      { seed: 20260302, numRuns: 300 },
    )
  })
})

describe('the next wake-up', () => {
  it('is when the next window closes, and none once the attempt has ended', () => {
    const drive = exposed(plan())
    step(drive, QUIET)
    const watermark = drive.rollout.watermark?.getTime() ?? 0
    expect(nextWake(plan(), drive.rollout, drive.now)).toEqual(new Date(watermark + 3 * 60_000))
    for (const { state } of everyState()) {
      const ended = ['completed', 'rolled_back', 'rollback_failed', 'aborted'].includes(state.kind)
      expect(nextWake(plan(), { ...drive.rollout, state }, drive.now) === undefined).toBe(ended)
    }
  })

  it('of a scheduled rollout is its start', () => {
    const scheduled = scheduleRollout('r1', 1, START)
    expect(nextWake(plan(), scheduled, new Date(0))).toEqual(START)
  })
})

describe('the table of acts', () => {
  it('names only acts that some state allows', () => {
    for (const action of Object.keys(ALLOWED) as Action[]) expect(ALLOWED[action].length).toBeGreaterThan(0)
  })
})

function everyPair(): (readonly [Rollout, RolloutEvent])[] {
  return everyState().flatMap((rollout) => people.map((event) => [rollout, event] as const))
}

function everyState(): Rollout[] {
  const progress = { windows: 3, healthy: 2 }
  const observing = { kind: 'observing', progress } as const
  const running = { kind: 'running', stage: 0, increment: 0, progress, stageWindows: 3 } as const
  const cause = { kind: 'person', ...by } as const
  const states: RolloutState[] = [
    { kind: 'scheduled' },
    observing,
    running,
    { kind: 'held', reason: 'both-arms', from: observing },
    { kind: 'held', reason: 'inconclusive', from: running },
    { kind: 'paused', ...by, from: running },
    { kind: 'completed' },
    { kind: 'rolling_back', cause, from: running },
    { kind: 'rolled_back', cause, from: running },
    { kind: 'rollback_failed', cause, from: running, failure: 'no answer' },
    { kind: 'aborted', ...by },
  ]
  return states.map((state) => ({ ...scheduleRollout('r1', 1, START), state }))
}

/** How far a state is along the way; an end is beyond everything. */
function rank(state: RolloutState): number {
  const position = 'from' in state ? state.from : state
  if (state.kind === 'running' || state.kind === 'held' || state.kind === 'paused') {
    return position?.kind === 'running' ? 1 + position.stage * 10 + position.increment : 0
  }
  return state.kind === 'scheduled' || state.kind === 'observing' ? 0 : 100
}
