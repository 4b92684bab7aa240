/**
 * F1, the relative harm process: does the exposed arm fail more often than the control? And F2, its
 * mirror: is it shown to fail less often than the regression that must not slip through?
 *
 * Given the bad events of both arms in one window, the number of them in the exposed arm is
 * binomial. That conditioning removes the base rate, so the tests stay valid under any common
 * change over time and under a changing share. Harm is decided with F1 mixed over starting times
 * (`restart.ts`): F1r. Safety is decided with the plain sums.
 *
 * Source: Lindon & Malek, Anytime-Valid Inference for Multinomial Count Data, NeurIPS 2022
 * (arXiv 2011.03567).
 */
import type { ArmsWindow } from '../model.ts'

/** Rate ratios (exposed / control) that the harm process looks for; only those above the tolerated ratio. */
export const HARM_GRID = [1.25, 1.5, 2, 3, 5, 10, 30] as const

/** Rate ratios that the safety process looks for; only those below the ratio that it excludes. */
export const RELATIVE_SAFE_GRID = [0.5, 0.7, 0.85, 1, 1.2, 1.4] as const

/**
 * ln L of one window for each ratio of the grid above `ratio`, the tolerated one (H0: exposed rate
 * is at most `ratio` times the control's), tempered by the dispersion `phi` ≥ 1.
 * A window without requests in one of the arms tells nothing: all 0.
 */
export function harmIncrements(window: ArmsWindow, ratio: number, phi: number): number[] {
  return increments(
    window,
    ratio,
    HARM_GRID.filter((g) => g > ratio),
    phi,
  )
}

/**
 * F2. ln L of one window for each ratio of the grid below `ratio` (H0: exposed rate is at least
 * `ratio` times the control's), tempered by `phi` ≥ 1; added up over the windows.
 */
export function relativeSafeIncrements(window: ArmsWindow, ratio: number, phi: number): number[] {
  return increments(
    window,
    ratio,
    RELATIVE_SAFE_GRID.filter((g) => g < ratio),
    phi,
  )
}

function increments(
  { exposed, control }: ArmsWindow,
  boundary: number,
  grid: readonly number[],
  phi: number,
): number[] {
  if (exposed.n === 0 || control.n === 0 || exposed.x + control.x === 0) return grid.map(() => 0)
  const atBoundary = control.n / (boundary * exposed.n + control.n)
  return grid.map((g) => {
    const other = control.n / (g * exposed.n + control.n)
    const fromExposed = exposed.x * Math.log((1 - other) / (1 - atBoundary))
    return (fromExposed + control.x * Math.log(other / atBoundary)) / phi
  })
}
