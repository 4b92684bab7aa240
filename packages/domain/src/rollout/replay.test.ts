import { describe, expect, it } from 'vitest'

import { randomOf } from '../../../../tests/support/random.ts'
import { coarser, historyOf, trafficOf, type SlicedWindow, type TrafficHistory } from './history.ts'
import type { RolloutPlan } from './model.ts'
import { defaultPlan, guardrail } from './plan.ts'
import { layOutReplay, replayRefusal, reportReplay, runReplay, type ReplayReport } from './replay.ts'

const TO = new Date('2026-03-03T00:00:00Z')
const MINUTE_MS = 60_000
const SLICES = 20
const errors = guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 })

/** Minutes of Poisson traffic, 300 requests a minute with 1 % bad ones; `extra` bad requests by minute and slice. */
function traffic(
  minutes: number,
  extra: (minute: number, slice: number) => number = () => 0,
): TrafficHistory {
  const random = randomOf(42)
  const windows = Array.from({ length: minutes }, (_, minute): SlicedWindow => {
    const slices = Array.from({ length: SLICES }, (__, slice) => {
      const more = extra(minute, slice)
      return { n: random.poisson(15) + more, bad: more, slow: 0 }
    }).map((it) => ({ ...it, bad: Math.min(it.n, it.bad + random.poisson(0.15)) }))
    return {
      end: new Date(TO.getTime() - (minutes - 1 - minute) * MINUTE_MS),
      n: slices.map((it) => it.n),
      bad: slices.map((it) => it.bad),
      slow: slices.map((it) => it.slow),
    }
  })
  return historyOf(windows, TO)
}

function planWith(settings: Partial<RolloutPlan> = {}): RolloutPlan {
  return { ...defaultPlan({ staff: 'staff', beta: 'beta' }, [errors]), observeWindows: 120, ...settings }
}

function replay(plan: RolloutPlan, history: TrafficHistory): ReplayReport {
  const laidOut = layOutReplay(plan, history)
  return reportReplay(plan, laidOut, laidOut?.jobs.map((job) => runReplay(laidOut, job)) ?? [])
}

describe('the A/A replay', () => {
  it('leaves a sane plan alone, and lets every user stand in the exposed arm once', () => {
    const history = traffic(480)
    const report = replay(planWith(), history)
    expect(report).toMatchObject({ verdict: 'fine', observedWindows: 120, watchedWindows: 360 })
    expect(report.left).toEqual(['internal', 'beta'])
    expect(report.steps.map((it) => [it.percent, it.splits])).toEqual([
      [10, 10],
      [25, 4],
      [50, 2],
      [95, 10],
    ])
    const jobs = layOutReplay(planWith(), history)?.jobs.filter(
      ({ step }) => step.increment === 0 && step.stage === 2,
    )
    expect(jobs?.flatMap((it) => it.exposed).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: SLICES }, (_, slice) => slice),
    )
  })

  it('refuses a ceiling below the usual rate where a stage has no control', () => {
    const low = planWith({ criteria: [{ ...errors, ceiling: 0.005 }], holdback: 0 })
    const report = replay(low, traffic(480))
    expect(report.verdict).toBe('rolls-back')
    expect(report.steps.at(-1)).toMatchObject({ percent: 100, control: false, splits: 1, rolledBack: 1 })
    expect(report.steps.at(-1)?.breach).toMatchObject({
      criterion: 'errors',
      test: 'F2b-harm',
      ceiling: 0.005,
    })
    expect(replayRefusal(report)).toMatch(
      /^the plan would have rolled back traffic in which nothing was changed: at 100 % of stage full, in 1 of 1 ways .*, the first at 2026-03-02T\d\d:\d\d:00\.000Z: errors.*F2b-harm.*ceiling/,
    )
  })

  it('refuses a plan that would blame the feature for one host that retries', () => {
    const retries = traffic(480, (minute, slice) => (slice === 7 && minute >= 300 ? 12 : 0))
    const report = replay(planWith(), retries)
    expect(report.verdict).toBe('rolls-back')
    expect(report.steps[0]).toMatchObject({ percent: 10, rolledBack: 1, splits: 10 })
    expect(replayRefusal(report)).toContain('in 1 of 10 ways to choose the exposed users')
  })

  it('leaves alone what befalls everybody: an incident of an hour in all slices', () => {
    const incident = traffic(480, (minute) => (minute >= 300 && minute < 360 ? 2 : 0))
    expect(replay(planWith(), incident).verdict).toBe('fine')
  })

  it('reports a criterion that would only have held as held', () => {
    const slow = guardrail('slow', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.005, onFail: 'hold' })
    const report = replay(planWith({ criteria: [slow], holdback: 0 }), traffic(480))
    expect(report).toMatchObject({ verdict: 'fine' })
    expect(report.steps.at(-1)).toMatchObject({ rolledBack: 0, held: 1 })
  })

  it('says nothing where the history is too short', () => {
    expect(replay(planWith(), traffic(40)).verdict).toBe('too-short')
    expect(replay(planWith(), historyOf([], TO)).verdict).toBe('too-short')
  })

  it('replays short windows in minutes and long ones in their own length', () => {
    expect(replay(planWith({ windowMs: 500, observeWindows: 20, demo: true }), traffic(240))).toMatchObject({
      windowMs: MINUTE_MS,
      coarser: true,
    })
    expect(replay(planWith({ windowMs: 5 * MINUTE_MS, observeWindows: 10 }), traffic(480))).toMatchObject({
      windowMs: 5 * MINUTE_MS,
      coarser: false,
      observedWindows: 10,
    })
  })

  it('counts a quiet night as no data, which rolls back only where the plan says so', () => {
    const day = traffic(480)
    const quiet = historyOf(
      day.windows.filter((_, minute) => minute < 300 || minute > 360),
      TO,
    )
    expect(quiet.windows).toHaveLength(480)
    expect(replay(planWith(), quiet).verdict).toBe('fine')
    const strict = planWith({ criteria: [{ ...errors, noData: 'roll-back' }] })
    expect(replayRefusal(replay(strict, quiet))).toContain('errors had no data for 16 min')
  })
})

describe('a history', () => {
  it('tells requests, shares and dispersion of the traffic', () => {
    const measured = trafficOf(traffic(480))
    expect(measured?.perMinute).toBeGreaterThan(290)
    expect(measured?.perMinute).toBeLessThan(310)
    expect(measured?.badShare).toBeCloseTo(0.01, 2)
    expect(measured?.dispersion.bad.relative).toBeLessThan(1.3)
    const bursts = trafficOf(
      traffic(480, (minute, slice) => (slice === minute % SLICES && minute % 3 === 0 ? 12 : 0)),
    )
    expect(bursts?.dispersion.bad.relative).toBeGreaterThan(4)
  })

  it('is undefined without a request', () => {
    expect(trafficOf(historyOf([], TO))).toBeUndefined()
  })

  it('becomes coarser without losing a request, but for an incomplete window', () => {
    const history = traffic(63)
    const five = coarser(history, 5)
    expect(five.windows).toHaveLength(12)
    const sum = (windows: readonly SlicedWindow[]) => windows.flatMap((it) => it.n).reduce((a, b) => a + b, 0)
    expect(sum(five.windows)).toBe(sum(history.windows.slice(3)))
  })
})
