/**
 * The rollout plan of both features: a real one in minutes instead of weeks.
 */

/** Half a second, with some hundred requests in it. */
const WINDOW_MS = 500

/** Chance of a wrong rollback. */
export const ALPHA = 0.001
/** Chance of a wrong Go at the ceiling. */
export const BETA = 0.01
/** The highest acceptable share of failed requests: ten times what the shop fails at anyway. */
export const CEILING = 0.02

/** Coarser than the default of 1.1 and 2, because one request in 500 fails anyway: docs/decisions/0004. */
const HARM_RATIO = 2
export const SAFE_RATIO = 4

const OBSERVE_WINDOWS = 20
const BAKE_WINDOWS = 10
const INCREMENTS = [25, 50, 100]

/** The plan. `speed` divides the times that only wait; evidence takes as long as it takes. */
export function demoPlan(responsible: string, speed: number): Record<string, unknown> {
  const windows = (count: number): number => Math.max(1, Math.round(count / speed))
  return {
    environment: 'production',
    treatment: 'on',
    control: 'off',
    expectedKeys: 6_000,
    windowMs: WINDOW_MS,
    observeWindows: windows(OBSERVE_WINDOWS),
    stages: [
      {
        name: 'everybody',
        audience: { id: 'everybody' },
        increments: INCREMENTS,
        bakeMs: windows(BAKE_WINDOWS) * WINDOW_MS * INCREMENTS.length,
        maxMs: 5 * 60_000,
      },
    ],
    criteria: [
      {
        id: 'errors',
        role: 'guardrail',
        source: { kind: 'telemetry', counts: 'bad' },
        harmRatio: HARM_RATIO,
        safeRatio: SAFE_RATIO,
        ceiling: CEILING,
      },
    ],
    alpha: ALPHA,
    beta: BETA,
    phi: 2,
    phiReason: 'Twenty windows say too little of how bursty errors are; twice Poisson is assumed.',
    absoluteOnly: {
      by: responsible,
      reason: 'In a demonstration it is enough that less than 2 % of the requests fail.',
    },
    holdback: 0,
    demo: true,
  }
}
