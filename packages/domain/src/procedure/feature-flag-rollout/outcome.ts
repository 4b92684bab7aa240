/**
 * The outcomes that checks answer with.
 */
import type { CheckOutcome, JsonObject } from '../run.ts'

/** Fail with these findings, or pass where there is none. */
export function outcome(findings: readonly string[], facts: JsonObject = {}): CheckOutcome {
  return { state: findings.length === 0 ? 'pass' : 'fail', findings, facts }
}

/** Not enough is known: never a pass. */
export function unknown(finding: string): CheckOutcome {
  return { state: 'unknown', findings: [finding], facts: {} }
}
