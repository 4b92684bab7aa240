/**
 * What the checks of a step amount to. Unknown is never pass; a check that this version does not
 * have is never shown as passed, it only stops blocking once a person has attested it.
 */
import type { CheckDefinition, StepDefinition } from './model.ts'
import type { AttestedCheck, CheckResult, CheckState, Override, SetAside, StepRecord } from './run.ts'

/** One check of a step as it stands. */
export interface CheckStanding {
  readonly check: CheckDefinition
  readonly state: CheckState
  readonly result?: CheckResult
  readonly attested?: AttestedCheck
  readonly setAside?: SetAside
  /** Passed, set aside, or attested in place of a check that this version lacks. */
  readonly settled: boolean
  /** Whether a Go is refused because of it. */
  readonly blocksGo: boolean
}

/** How each check of a step stands. */
export function standingOf(step: StepDefinition, record: StepRecord): readonly CheckStanding[] {
  return step.checks.map((check) => {
    const result = record.checks.find((it) => it.check === check.id)
    const attested = record.attested.findLast((it) => it.check === check.id)
    const setAside = record.notApplicable.findLast((it) => it.check === check.id)
    const state = checkState(check, result, setAside)
    const settled =
      state === 'pass' ||
      state === 'not_applicable' ||
      (state === 'not_in_this_version' && attested !== undefined)
    return {
      check,
      state,
      ...(result === undefined ? {} : { result }),
      ...(attested === undefined ? {} : { attested }),
      ...(setAside === undefined ? {} : { setAside }),
      settled,
      blocksGo: check.required && check.forExit !== true && !settled,
    }
  })
}

/** The checks that keep a step from Go, less the ones that the decider overrides. */
export function blocking(
  step: StepDefinition,
  record: StepRecord,
  overrides: readonly Override[],
): readonly CheckStanding[] {
  const overridden = new Set(overrides.map((it) => it.check))
  return standingOf(step, record).filter(
    (it) => it.blocksGo && !(overridden.has(it.check.id) && mayBeOverridden(it)),
  )
}

/** A failed or unknown check may be overridden; one that this version lacks is attested instead. */
export function mayBeOverridden(standing: CheckStanding): boolean {
  return standing.state === 'fail' || standing.state === 'unknown'
}

/** The required fields of a step's output that are missing or empty. */
export function emptyFields(step: StepDefinition, record: StepRecord): readonly string[] {
  return step.outputs.filter((it) => it.required && isEmpty(record.output[it.field])).map((it) => it.field)
}

/** Whether an output field holds nothing. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}

function checkState(
  check: CheckDefinition,
  result: CheckResult | undefined,
  setAside: SetAside | undefined,
): CheckState {
  if (setAside !== undefined) return 'not_applicable'
  if (check.availability === 'not_in_this_version') return 'not_in_this_version'
  return result?.state ?? 'unknown'
}
