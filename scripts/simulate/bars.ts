/**
 * The bars: scenarios, and what must come out of them.
 */
import type { UnknownKind } from '@flagmarshal/domain/analysis/model'

import { timeToGo, wrongGo } from './bars-go.ts'
import { arms, watches } from './bars-people.ts'
import { BURSTS, BURSTY_RUNS, LONG_WATCH, POISSON_RUNS, steady, TWO_DAYS, type Cell } from './cell.ts'
import { atMost, medianAtMost, none, rolledBack, timesTo, type Judge } from './judge.ts'
import { demoPlan, goPlan, rampPlan, watchPlan } from './plans.ts'
import type { Traffic } from './traffic.ts'

/** Every cell, in the order of the table. */
export function cells(): Cell[] {
  return [
    ...noEffect(),
    ...incidents(),
    ...detection(),
    ...wrongGo(),
    ...timeToGo(),
    ...arms(),
    ...watches(),
    ...withoutData(),
    ...restarts(),
    ...demonstration(),
  ]
}

function noEffect(): Cell[] {
  const made: Cell[] = []
  const kinds = [
    { base: 0.01, phi: 1, limit: 0.01, runs: POISSON_RUNS, percent: 10 },
    { base: 0.01, phi: BURSTS, limit: 0.03, runs: BURSTY_RUNS, percent: 10 },
    { base: 0.001, phi: BURSTS, limit: 0.06, runs: BURSTY_RUNS, percent: 10 },
    { base: 0.01, phi: 1, limit: 0.01, runs: POISSON_RUNS, percent: 95 },
  ]
  for (const { base, phi, limit, runs, percent } of kinds) {
    for (const perWindow of [6000, 300, 12]) {
      made.push({
        bar: 'wrong rollback with no effect, 48 h',
        name: `${perWindow}/min, base ${100 * base} %, ${phi > 1 ? 'bursty' : 'Poisson'}, ${percent} % exposed`,
        runs,
        settings: {
          plan: watchPlan(percent, LONG_WATCH),
          traffic: steady(perWindow, base, 1, phi),
          untilWindow: TWO_DAYS,
        },
        judge: atMost(limit, rolledBack),
      })
    }
  }
  return made
}

function incidents(): Cell[] {
  const bar = 'ramp 1 to 10 to 50 %, no effect, 1000/min'
  const settings = { plan: rampPlan({ ceiling: 0.1, absoluteOnly: true }), untilWindow: TWO_DAYS }
  const same = (base: number) => base
  const daily = (minute: number) => 0.01 * (1 + 0.5 * Math.sin((2 * Math.PI * minute) / 1440))
  const incident = (minute: number) => (minute >= 1200 && minute < 1320 ? 0.04 : 0.01)
  const row = (name: string, base: (minute: number) => number): Cell => ({
    bar,
    name,
    runs: POISSON_RUNS,
    settings: { ...settings, traffic: { perWindow: 1000, base, exposed: same, phi: 1 } },
    judge: atMost(0.01, rolledBack),
  })
  return [
    row('daily cycle 0.5–1.5 %: wrong rollback', daily),
    row('incident in both arms, 1 to 4 % for 2 h: wrong rollback', incident),
    {
      ...row('the same, by F2b-harm', incident),
      judge: none((outcome) => outcome.rollback === 'F2b-harm'),
    },
  ]
}

function detection(): Cell[] {
  const bar = 'detection, base 1 %, Poisson, 10 % exposed'
  const row = (name: string, limit: number, traffic: Traffic, from = 0): Cell => ({
    bar,
    name,
    runs: POISSON_RUNS,
    settings: { plan: watchPlan(10, LONG_WATCH), traffic, untilWindow: TWO_DAYS },
    judge: medianAtMost(limit, from),
  })
  const outage = (perWindow: number): Traffic => ({ ...steady(perWindow, 0.01, 1, 1), exposed: () => 1 })
  const late: Traffic = {
    ...steady(6000, 0.01, 1, 1),
    exposed: (base, minute) => (minute > 1440 ? 3 * base : base),
  }
  return [
    row('outage, 6000/min', 2, outage(6000)),
    row('outage, 300/min', 2, outage(300)),
    row('outage, 12/min', 10, outage(12)),
    row('3x, 300/min', 45, steady(300, 0.01, 3, 1)),
    row('3x from hour 24, 6000/min', 20, late, 1440),
  ]
}

function withoutData(): Cell[] {
  const kinds: UnknownKind[] = [
    'provider_error',
    'bad_query',
    'empty',
    'nan',
    'stale',
    'partial',
    'ambiguous',
  ]
  const settings = { plan: goPlan(10, { ceiling: 0.1, absoluteOnly: true }), untilWindow: TWO_DAYS }
  const healthy = steady(300, 0.01, 1, 1)
  const row = (name: string, traffic: Traffic, advances: number): Cell => ({
    bar: 'no data: rollbacks, and advances while blind',
    name,
    runs: 20,
    settings: { ...settings, traffic },
    judge: none((outcome) => rolledBack(outcome) || outcome.advances > advances),
  })
  return [
    {
      ...row('with data the same plan does reach 100 %', healthy, 0),
      settings: { ...settings, traffic: healthy, untilWindow: 2 * TWO_DAYS },
      judge: none(({ completedMs }) => completedMs === undefined),
    },
    row('nothing while observing', { ...healthy, unknown: () => 'empty' }, 0),
    row('no requests at all', { ...healthy, perWindow: 0 }, 0),
    row(
      'nothing from the first exposure on',
      { ...healthy, unknown: (minute) => (minute > 0 ? 'empty' : undefined) },
      1,
    ),
    row(
      'the source fails from minute 20, in every way by turns',
      {
        ...healthy,
        unknown: (minute) => (minute > 20 ? kinds[Math.floor(minute) % kinds.length] : undefined),
      },
      1,
    ),
  ]
}

function restarts(): Cell[] {
  const row = (name: string, settings: Cell['settings']): Cell => ({
    bar: 'restart at every tick',
    name: `identical decision log: ${name}`,
    runs: 20,
    settings,
    compareRestarts: true,
    judge: none(({ log }) => log === 'differs'),
  })
  const outage: Cell['settings']['traffic'] = {
    ...steady(300, 0.01, 1, BURSTS),
    unknown: (minute) => (minute > 20 && minute < 60 ? 'provider_error' : undefined),
  }
  return [
    row('blind for 40 minutes, then to 100 %', {
      plan: goPlan(10, { ceiling: 0.1, absoluteOnly: true }),
      traffic: outage,
      untilWindow: 4 * TWO_DAYS,
    }),
    row('3x, rolled back', {
      plan: watchPlan(10, LONG_WATCH),
      traffic: steady(300, 0.01, 3, 1),
      untilWindow: TWO_DAYS,
    }),
    row('the demonstration', { plan: demoPlan(), traffic: demoTraffic(250, 0.002), untilWindow: 1000 }),
  ]
}

function demonstration(): Cell[] {
  const bar = 'the demonstration, windows of 0.5 s'
  const row = (name: string, perSecond: number, exposed: number, judge: Judge): Cell => ({
    bar,
    name,
    runs: 4000,
    settings: { plan: demoPlan(), traffic: demoTraffic(perSecond, exposed), untilWindow: 1000 },
    judge,
  })
  return [
    row('good feature to 100 %, 250/s', 250, 0.002, timesTo('completedMs', 90)),
    row('good feature to 100 %, 200/s', 200, 0.002, timesTo('completedMs', 100)),
    row('20 % errors, rolled back, 250/s', 250, 0.2, timesTo('rolledBackMs', 30)),
    row('20 % errors, rolled back, 200/s', 200, 0.2, timesTo('rolledBackMs', 30)),
  ]
}

function demoTraffic(perSecond: number, exposed: number): Traffic {
  return { perWindow: perSecond / 2, base: () => 0.002, exposed: () => exposed, phi: 1 }
}
