/**
 * F1, the relative harm process: does the exposed arm fail more often than the control?
 *
 * Given the bad events of both arms in one window, the number of them in the exposed arm is
 * binomial. That conditioning removes the base rate, so the test stays valid under any common
 * change over time and under a changing share. Decisions use it mixed over starting times
 * (`restart.ts`): F1r.
 *
 * Source: Lindon & Malek, Anytime-Valid Inference for Multinomial Count Data, NeurIPS 2022
 * (arXiv 2011.03567).
 */
import type { ArmsWindow } from '../model.ts'

/** Rate ratios (exposed / control) that the process looks for; only those above the tolerated ratio. */
export const HARM_GRID = [1.25, 1.5, 2, 3, 5, 10, 30] as const

/**
 * ln L of one window for each ratio of the grid above `ratio`, the tolerated one (H0: exposed rate
 * is at most `ratio` times the control's), tempered by the dispersion `phi` ≥ 1.
 * A window without requests in one of the arms tells nothing: all 0.
 */
export function harmIncrements(window: ArmsWindow, ratio: number, phi: number): number[] {
  const { exposed, control } = window
  const grid = HARM_GRID.filter((g) => g > ratio)
  if (exposed.n === 0 || control.n === 0 || exposed.x + control.x === 0) return grid.map(() => 0)
  const tolerated = control.n / (ratio * exposed.n + control.n)
  return grid.map((g) => {
    const other = control.n / (g * exposed.n + control.n)
    const fromExposed = exposed.x * Math.log((1 - other) / (1 - tolerated))
    return (fromExposed + control.x * Math.log(other / tolerated)) / phi
  })
}
