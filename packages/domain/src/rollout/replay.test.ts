import { describe, expect, it } from 'vitest'

import { randomOf } from '../../../../tests/support/random.ts'
import { whole } from '../pieces.ts'
import { historyOf, trafficOf, type SlicedWindow, type TrafficHistory } from './history.ts'
import type { RolloutPlan } from './model.ts'
import { defaultPlan, guardrail } from './plan.ts'
import { layOutReplay } from './replay-jobs.ts'
import { leftSentences, replayRefusal, reportReplay, type ReplayReport } from './replay-report.ts'
import { runReplay } from './replay.ts'
import { measuredCriteria, triedHistory, type CountedMinute, type ElsewhereHistory } from './tried-history.ts'

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

interface Known {
  readonly shares?: Readonly<Record<string, number>>
  readonly elsewhere?: readonly ElsewhereHistory[]
}

function replay(plan: RolloutPlan, history: TrafficHistory, known: Known = {}): ReplayReport {
  const laidOut = layOutReplay(plan, triedHistory(plan, history, known.elsewhere ?? []), known.shares)
  return reportReplay(plan, laidOut, whole(runReplay(laidOut)))
}

describe('the A/A replay', () => {
  it('leaves a sane plan alone, and lets every user stand in the exposed arm once', () => {
    const history = traffic(480)
    const report = replay(planWith(), history)
    expect(report).toMatchObject({ verdict: 'fine', observedWindows: 120, watchedWindows: 360 })
    expect(report.left).toEqual(['internal', 'beta'])
    expect(report.steps.map((it) => [it.percent, it.splits, it.afterwards])).toEqual([
      [10, 10, false],
      [25, 4, false],
      [50, 2, false],
      [95, 10, false],
      [100, 1, true],
    ])
    const jobs = layOutReplay(planWith(), triedHistory(planWith(), history, [])).jobs.filter(
      ({ step }) => step.increment === 0 && step.stage === 2,
    )
    expect(jobs.flatMap((it) => it.exposed).toSorted((a, b) => a - b)).toEqual(
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

  it('P-S3-5 lets as many users as belong to a segment stand for it, whoever they are', () => {
    const report = replay(planWith(), traffic(480), { shares: { internal: 0.02, beta: 0.3 } })
    expect(report).toMatchObject({ verdict: 'fine', left: [] })
    expect(report.steps.slice(0, 4).map((it) => [it.name, it.percent, it.users, it.splits])).toEqual([
      // 2 % of the users cannot be told apart: two slices are the least that has a control.
      ['internal', 50, 0.1, 10],
      ['internal', 100, 0.05, 10],
      ['beta', 50, 0.3, 6],
      ['beta', 100, 0.3, 3],
    ])
    const low = planWith({ criteria: [{ ...errors, ceiling: 0.004 }] })
    const refused = replay(low, traffic(480), { shares: { internal: 0.3 } })
    expect(refused.left).toEqual(['beta'])
    expect(replayRefusal(refused)).toContain('at 100 % of stage internal, in 3 of 3 ways')
  })

  it('P-S3-5 watches after 100 % as the rollout would: a ceiling below the usual rate is found behind a holdback', () => {
    const low = planWith({ criteria: [{ ...errors, ceiling: 0.005 }] })
    const report = replay(low, traffic(480))
    expect(report.steps.filter((it) => it.rolledBack > 0)).toMatchObject([
      { afterwards: true, percent: 100, control: false, rolledBack: 1 },
    ])
    expect(replayRefusal(report)).toContain('while it is watched after 100 %, in 1 of 1 ways')
    expect(replay({ ...low, watchMs: 0 }, traffic(480)).verdict).toBe('fine')
  })

  it('leaves alone what befalls everybody: an incident of an hour in all slices', () => {
    const incident = traffic(480, (minute) => (minute >= 300 && minute < 360 ? 2 : 0))
    const { steps } = replay(planWith(), incident)
    expect(steps.map((it) => it.rolledBack)).toEqual([0, 0, 0, 0, 1])
    // Without a control it is above the ceiling all the same: what is watched then would roll back.
    expect(steps.at(-1)).toMatchObject({ afterwards: true, breach: { test: 'F2b-harm' } })
    expect(replay(planWith({ watchMs: 0 }), incident).verdict).toBe('fine')
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
    const five = triedHistory(planWith({ windowMs: 5 * MINUTE_MS }), history, [])
    expect(five.windows).toHaveLength(12)
    const sum = (all: readonly (readonly number[])[]) => all.flat().reduce((a, b) => a + b, 0)
    expect(sum(five.windows.map(({ counts }) => counts['errors']?.n ?? []))).toBe(
      sum(history.windows.slice(3).map((it) => it.n)),
    )
  })
})

const elsewhere = guardrail(
  'elsewhere',
  { kind: 'prometheus', connection: 'main', total: 'all', bad: 'bad' },
  { ceiling: 0.02 },
)

/** The same traffic, as counters elsewhere have it: by slices, or all users in one sum. */
function counted(minutes: readonly SlicedWindow[], sliced: boolean): ElsewhereHistory {
  const sum = (of: readonly number[]) => (sliced ? of : [of.reduce((a, b) => a + b, 0)])
  const counts = minutes.map((it): CountedMinute => ({ end: it.end, n: sum(it.n), x: sum(it.bad) }))
  return { criterion: 'elsewhere', kind: 'counted', minutes: counts }
}

describe('criteria that are counted elsewhere', () => {
  const day = traffic(480)
  const plan = planWith({ criteria: [elsewhere], holdback: 0 })
  const retries = traffic(480, (minute, slice) => (slice === 7 && minute >= 300 ? 2 : 0))

  it('P-S3-5 are replayed like the telemetry where their counters tell users apart', () => {
    const fine = replay(plan, historyOf([], TO), { elsewhere: [counted(day.windows, true)] })
    expect(fine).toMatchObject({ verdict: 'fine', leftCriteria: [], watchedWindows: 360 })
    const report = replay(plan, historyOf([], TO), { elsewhere: [counted(retries.windows, true)] })
    expect(replayRefusal(report)).toMatch(/at 10 % of stage gradual, in 1 of 10 ways.*elsewhere/)
  })

  it('P-S3-5 are replayed against their ceiling alone where nobody tells users apart, and it is said', () => {
    const strict = planWith({ criteria: [{ ...elsewhere, ceiling: 0.005 }], holdback: 0 })
    const given = { elsewhere: [counted(day.windows, false)] }
    const report = replay(strict, historyOf([], TO), given)
    expect(report.steps.map((it) => [it.percent, it.control, it.rolledBack])).toEqual([[100, false, 1]])
    expect(leftSentences(report.leftCriteria)).toEqual([
      expect.stringMatching(/^elsewhere where there is a control: its counters do not tell users apart/),
    ])
    // One user who retries is a part of all of them: it is no reason to refuse.
    const quiet = replay(plan, historyOf([], TO), { elsewhere: [counted(retries.windows, false)] })
    expect(quiet.verdict).toBe('fine')
  })

  it('P-S3-5 do not keep the others from being replayed, and say why they are not', () => {
    const both = planWith({ criteria: [errors, elsewhere] })
    const left = { criterion: 'elsewhere', kind: 'left', why: 'nothing is there' } as const
    const report = replay(both, day, { elsewhere: [left] })
    expect(report).toMatchObject({ verdict: 'fine', watchedWindows: 360 })
    expect(leftSentences(report.leftCriteria)).toEqual(['elsewhere: nothing is there'])
    const short = { elsewhere: [counted(day.windows.slice(-40), true)] }
    expect(leftSentences(replay(both, day, short).leftCriteria)).toEqual([
      'elsewhere: only 40 minutes of it are known',
    ])
    expect(replay(planWith({ criteria: [elsewhere] }), day, { elsewhere: [left] }).verdict).toBe('too-short')
  })

  it('P-S3-5 count a gap as no data, which rolls back only where the plan says so', () => {
    const gap = day.windows.filter((_, minute) => minute < 300 || minute > 330)
    const given = { elsewhere: [counted(gap, true)] }
    expect(replay(plan, historyOf([], TO), given).verdict).toBe('fine')
    const strict = planWith({ criteria: [{ ...elsewhere, noData: 'roll-back' }] })
    expect(replayRefusal(replay(strict, historyOf([], TO), given))).toContain('elsewhere had no data')
  })

  it('P-S3-6 are measured: requests, share, and dispersion as far as users are told apart', () => {
    const of = (windows: readonly SlicedWindow[], sliced: boolean) =>
      measuredCriteria(triedHistory(plan, historyOf([], TO), [counted(windows, sliced)]))[0]
    expect(of(day.windows, true)).toMatchObject({ criterion: 'elsewhere', minutes: 480, sliced: true })
    expect(of(day.windows, true)?.perMinute).toBeCloseTo(300, -1)
    expect(of(day.windows, true)?.share).toBeCloseTo(0.01, 2)
    expect(of(day.windows, true)?.dispersion.relative).toBeLessThan(1.3)
    // Between arms that nobody has seen nothing is known.
    expect(of(day.windows, false)?.dispersion).toEqual({ relative: 2, absolute: 2 })
  })
})
