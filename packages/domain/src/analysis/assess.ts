/**
 * Several verdicts become one: the most conservative wins.
 */
import type { Verdict } from './model.ts'

/** Worst first. */
const ORDER = ['no-go', 'no-data', 'hold', 'go'] as const satisfies readonly Verdict['kind'][]

/** The verdict on all criteria together; no criterion at all is no Go. */
export function assess(verdicts: readonly Pick<Verdict, 'kind'>[]): Verdict['kind'] {
  if (verdicts.length === 0) return 'hold'
  return ORDER.find((kind) => verdicts.some((verdict) => verdict.kind === kind)) ?? 'hold'
}
