/**
 * The bars of a Go: how often a bad feature gets one, and how long a good one waits.
 *
 * All plans here bake 30 windows and no longer, so that evidence alone decides: a real plan also waits
 * for its bake time and for the power estimate.
 */
import { BURSTS, BURSTY_RUNS, POISSON_RUNS, steady, TWO_DAYS, type Cell } from './cell.ts'
import { atMost, none, shown } from './judge.ts'
import { alonePlan, goPlan, twoAudiencesPlan, type Variation } from './plans.ts'
import type { Outcome } from './run.ts'
import type { Traffic } from './traffic.ts'

const RATES = [6000, 300, 12] as const
const BASES = [0.01, 0.001] as const
const KINDS = [
  { phi: 1, name: 'Poisson', runs: POISSON_RUNS },
  { phi: BURSTS, name: 'bursty', runs: BURSTY_RUNS },
] as const

/** Cells of wrong Gos. */
export function wrongGo(): Cell[] {
  return [...atTheCeiling(), ...atThreeTimes(), ...nearCeiling(), ...secondAudience()]
}

/**
 * The rate is exactly the ceiling, which an absolute Go must exclude. The exposed arm fails twice as
 * often as the control and that is exactly what is tolerated, so neither harm nor a relative Go ends the run.
 */
function atTheCeiling(): Cell[] {
  const variation = { ceiling: 0.01, absoluteOnly: true, harmRatio: 2, safeRatio: 2.0001 }
  return KINDS.flatMap(({ phi, name, runs }) =>
    RATES.flatMap((perWindow) => {
      const row = (title: string, plan: Cell['settings']['plan'], effect: number): Cell => ({
        bar: 'wrong A-only GO at a rate equal to the ceiling, 48 h',
        name: `${perWindow}/min, ceiling 1 %, ${name}, ${title}`,
        runs,
        settings: {
          plan,
          traffic: steady(perWindow, 0.01 / effect, effect, phi),
          untilWindow: TWO_DAYS,
          untilAdvances: 2,
        },
        judge: atMost(phi === 1 ? 0.01 : 0.05, wentAbsolutely),
      })
      return [
        row('10 % exposed', goPlan(10, variation), 2),
        row('no control', alonePlan({ ...variation, absoluteOnly: false }), 1),
      ]
    }),
  )
}

function atThreeTimes(): Cell[] {
  const plans: readonly (readonly [string, Variation])[] = [
    ['R, no ceiling', { absoluteOnly: false }],
    ['R and A, ceiling five times the base', { ceiling: 5, absoluteOnly: false }],
  ]
  return plans.flatMap(([title, variation]) =>
    BASES.flatMap((base) =>
      KINDS.flatMap(({ phi, name, runs }) =>
        RATES.map((perWindow) => ({
          bar: 'wrong GO at a true 3x on R and A, 48 h',
          name: `${perWindow}/min, base ${100 * base} %, ${name}, ${title}`,
          runs,
          settings: {
            plan: goPlan(10, times(variation, base)),
            traffic: steady(perWindow, base, 3, phi),
            untilWindow: TWO_DAYS,
            untilAdvances: 2,
          },
          judge: atMost(0.005, ({ advances }: Outcome) => advances > 1),
        })),
      ),
    ),
  )
}

/** A ceiling at twice the usual rate is exceeded at three times it. */
function nearCeiling(): Cell[] {
  return RATES.map((perWindow) => ({
    bar: 'wrong GO at a true 3x on R and A, 48 h',
    name: `${perWindow}/min, base 1 %, bursty, R and A, ceiling twice the base`,
    runs: BURSTY_RUNS,
    settings: {
      plan: goPlan(10, { ceiling: 0.02, absoluteOnly: false }),
      traffic: steady(perWindow, 0.01, 3, BURSTS),
      untilWindow: TWO_DAYS,
      untilAdvances: 2,
    },
    judge: atMost(0.005, ({ advances }) => advances > 1),
  }))
}

function secondAudience(): Cell[] {
  const second: Traffic = {
    ...steady(300, 0.01, 1, 1),
    exposed: (base, _minute, audience) => (audience === 'everybody' ? 3 * base : base),
  }
  const row = (title: string, variation: Variation): Cell => ({
    bar: 'a healthy first audience and a second at 3x, 48 h',
    name: `300/min, base 1 %, Poisson, ${title}`,
    runs: POISSON_RUNS,
    settings: {
      plan: twoAudiencesPlan(variation),
      traffic: second,
      untilWindow: TWO_DAYS,
      untilAdvances: 3,
    },
    judge: none(({ advances }) => advances > 2),
  })
  return [
    row('R, no ceiling', { absoluteOnly: false }),
    row('R and A, ceiling 2 %', { ceiling: 0.02, absoluteOnly: false }),
    row('R, A and A-only, ceiling 2 %', { ceiling: 0.02, absoluteOnly: true }),
  ]
}

/** No bar, but what people ask first: how long a good feature waits, by R alone and with A. */
export function timeToGo(): Cell[] {
  const worlds = [
    [6000, 0.01, 1],
    [300, 0.01, 1],
    [12, 0.01, 1],
    [6000, 0.0001, 1],
    [300, 0.01, BURSTS],
    [300, 0.001, BURSTS],
  ] as const
  return worlds.flatMap(([perWindow, base, phi]) => {
    const row = (title: string, ceiling: { readonly ceiling?: number }): Cell => ({
      bar: 'minutes to the first GO of a good feature, 10 % exposed, evidence alone (no bar)',
      name: `${perWindow}/min, base ${100 * base} %, ${phi > 1 ? 'bursty' : 'Poisson'}, ${title}`,
      runs: POISSON_RUNS,
      settings: {
        plan: goPlan(10, { ...ceiling, absoluteOnly: false }),
        traffic: steady(perWindow, base, 1, phi),
        untilWindow: TWO_DAYS,
        untilAdvances: 2,
      },
      judge: shown(({ goAfter }) => goAfter, 'min', 'GO'),
    })
    return [row('R alone', {}), row('R and A, ceiling five times the base', { ceiling: 5 * base })]
  })
}

function wentAbsolutely({ tiers }: Outcome): boolean {
  return tiers.some((tier) => tier === 'A' || tier === 'A-only')
}

function times({ ceiling, ...rest }: Variation, base: number): Variation {
  return ceiling === undefined ? rest : { ...rest, ceiling: ceiling * base }
}
