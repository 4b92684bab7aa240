/**
 * The bars of the sample ratio, with people who come back, and of watch criteria.
 */
import { BURSTS, BURSTY_RUNS, POISSON_RUNS, steady, TWO_DAYS, type Cell } from './cell.ts'
import { atLeast, atMost, none, rolledBack } from './judge.ts'
import { rampPlan, watchPlan, withWatch } from './plans.ts'
import type { Outcome } from './run.ts'
import type { Population } from './visitors.ts'

const CLUSTERED: Population = { people: 20_000, visitsPerWindow: 60, requestsPerVisit: 10, lost: 0 }

/** Cells of the sample ratio. */
export function arms(): Cell[] {
  const row = (name: string, plan: Cell['settings']['plan'], lost: number): Omit<Cell, 'judge'> => ({
    bar: 'sample ratio: 60 visits a minute of 10 requests each, heavy-tailed population of 20,000, 48 h',
    name,
    runs: POISSON_RUNS,
    settings: {
      plan,
      traffic: { ...steady(600, 0.01, 1, 1), visitors: { ...CLUSTERED, lost } },
      untilWindow: TWO_DAYS,
    },
  })
  const variation = { ceiling: 0.1, absoluteOnly: true }
  return [
    { ...row('false hold, 10 % exposed', watchPlan(10, variation), 0), judge: none(isSplitWrongly) },
    { ...row('false hold, ramp 1 to 10 to 50 %', rampPlan(variation), 0), judge: none(isSplitWrongly) },
    {
      ...row('a fifth of the exposed never arrives: held', watchPlan(50, variation), 0.2),
      judge: atLeast(0.99, isSplitWrongly),
    },
  ]
}

/** Cells of watch criteria. */
export function watches(): Cell[] {
  const plan = withWatch(watchPlan(10, { ceiling: 0.1, absoluteOnly: true }))
  const row = (name: string, phi: number, watched: (minute: number) => number): Omit<Cell, 'judge'> => ({
    bar: 'watch criteria, 300/min, base 1 %, 10 % exposed, 48 h',
    name,
    runs: phi > 1 ? BURSTY_RUNS : POISSON_RUNS,
    settings: { plan, traffic: { ...steady(300, 0.01, 1, phi), watched }, untilWindow: TWO_DAYS },
  })
  const slowFrom = (minute: number) => (minute > 600 && minute <= 900 ? 5 : 1)
  const recovered = ({ holds, resumed }: Outcome) => holds.includes('watch') && resumed > 0
  return [
    { ...row('no effect, Poisson: held', 1, () => 1), judge: atMost(0.01, isHeldByWatch) },
    { ...row('no effect, bursty: held', BURSTS, () => 1), judge: atMost(0.03, isHeldByWatch) },
    {
      ...row('5x for five hours: held, and goes on by itself', 1, slowFrom),
      judge: atLeast(0.99, recovered),
    },
    { ...row('5x for five hours: rolled back', 1, slowFrom), judge: none(rolledBack) },
  ]
}

function isSplitWrongly({ holds }: Outcome): boolean {
  return holds.includes('sample-ratio')
}

function isHeldByWatch({ holds }: Outcome): boolean {
  return holds.includes('watch')
}
