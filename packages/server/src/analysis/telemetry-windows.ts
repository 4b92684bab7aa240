/**
 * Built-in telemetry → measurements: the one metric source of this version.
 *
 * A window without a request in either arm is found to be without traffic by the domain; it is
 * never taken for "no errors".
 */
import type { ArmCounts, Measurement, RatioCriterion } from '@flagmarshal/domain/analysis/model'
import type { RolloutPlan } from '@flagmarshal/domain/rollout/model'
import { audiencesOf, guardrailsOf } from '@flagmarshal/domain/rollout/position'

import type { MeasuredWindow } from '../storage/measurements.ts'

/** Requests of one arm in one window: all, failed, slow. */
interface Counts {
  readonly n: number
  readonly bad: number
  readonly slow: number
}

/** What telemetry counted in one closed window. */
export interface CountedWindow {
  readonly end: Date
  /** By audience id. */
  readonly audiences: Readonly<Record<string, { readonly exposed: Counts; readonly control: Counts }>>
  /** Requests that belong to no arm. */
  readonly outside: Counts
}

const NONE: Counts = { n: 0, bad: 0, slow: 0 }

/** The windows, measured by every guardrail of the plan. */
export function telemetryWindows(plan: RolloutPlan, windows: readonly CountedWindow[]): MeasuredWindow[] {
  return windows.map((window) => {
    const arms = Object.values(window.audiences)
    const exposed = arms.reduce((sum, each) => sum + each.exposed.n, 0)
    const control = arms.reduce((sum, each) => sum + each.control.n, 0)
    return {
      end: window.end,
      measurements: guardrailsOf(plan).map((guardrail) => measurementOf(plan, guardrail, window)),
      exposed,
      requests: exposed + control + window.outside.n,
    }
  })
}

/** Bad and all requests of both arms over all audiences, as a criterion counts them. */
export function armsOf(
  { source }: Pick<RatioCriterion, 'source'>,
  { audiences }: Pick<CountedWindow, 'audiences'>,
): { readonly exposed: ArmCounts; readonly control: ArmCounts } {
  const sums = { exposed: { n: 0, x: 0 }, control: { n: 0, x: 0 } }
  for (const each of Object.values(audiences)) {
    for (const arm of ['exposed', 'control'] as const) {
      sums[arm].n += each[arm].n
      sums[arm].x += each[arm][source.counts]
    }
  }
  return sums
}

function measurementOf(plan: RolloutPlan, criterion: RatioCriterion, window: CountedWindow): Measurement {
  const { counts } = criterion.source
  const audiences = audiencesOf(plan).map((audience) => {
    const { exposed, control } = window.audiences[audience] ?? { exposed: NONE, control: NONE }
    return {
      audience,
      exposed: { n: exposed.n, x: exposed[counts] },
      control: { n: control.n, x: control[counts] },
    }
  })
  return { criterion: criterion.id, kind: 'ok', audiences }
}
