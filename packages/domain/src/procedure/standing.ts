/**
 * Where a run stands, derived from what is recorded: which step is next, which inputs it lacks,
 * which state that makes. Every transition ends here, so the stored state never says anything that
 * the record does not.
 */
import type { InputDefinition, ProcedureDefinition, StepDefinition, ValidationPoint } from './model.ts'
import type { Attempt, Run, RunState, StepRecord } from './run.ts'

/** A step's place on the way. `stale`: decided once, on something that has changed since. */
export type StepState = 'locked' | 'open' | 'go' | 'stale' | 'not_applicable'

/** The state that a run's record amounts to. */
export function stateOf(definition: ProcedureDefinition, run: Run): RunState {
  if (run.abort !== undefined) return { kind: 'aborted' }
  const step = nextStep(definition, run) ?? definition.steps.length
  const reopened = run.state.kind === 'reopened' ? run.state : undefined
  if (run.workPlan.review?.verdict !== 'approved') return reopened ?? { kind: 'draft' }

  // Once every step is Go an input that fails does not take the approvals back; one that is given anew does.
  const lacking = nextStep(definition, run) === undefined ? [] : lackingInputs(definition, run, step)
  if (lacking.length > 0) return { kind: 'halted', step, inputs: lacking.map((it) => it.id) }

  const point = pendingPoint(definition, run, step)
  if (point !== undefined) return { kind: 'open', step: point.after, waitsFor: 'acknowledgement' }
  if (nextStep(definition, run) === undefined)
    return { kind: run.schedule === undefined && definition.approvals.length > 0 ? 'approved' : 'completed' }
  if (run.request !== undefined) return { kind: 'awaiting_approval' }
  return reopened?.step === step ? reopened : { kind: 'open', step, waitsFor: 'decision' }
}

/** The first step that is not Go; undefined once all are. */
export function nextStep(definition: ProcedureDefinition, run: Run): number | undefined {
  return definition.steps.find((it) => presentAttempt(recordOf(run, it.number)).outcome !== 'go')?.number
}

/** What a step is at this moment. */
export function stepState(definition: ProcedureDefinition, run: Run, step: number): StepState {
  const attempt = presentAttempt(recordOf(run, step))
  if (attempt.outcome === 'go') return attempt.notApplicable === undefined ? 'go' : 'not_applicable'
  if (attempt.because === 'stale' || attempt.because === 'changed') return 'stale'
  const { state } = run
  const next = nextStep(definition, run)
  const moving = state.kind === 'open' || state.kind === 'reopened' || state.kind === 'awaiting_approval'
  const waits = state.kind === 'open' && state.waitsFor === 'acknowledgement'
  return moving && !waits && next === step ? 'open' : 'locked'
}

/** The inputs that are due before `step` opens and are missing or failing. */
export function lackingInputs(
  definition: ProcedureDefinition,
  run: Run,
  step: number,
): readonly InputDefinition[] {
  return definition.inputs.filter((it) => it.dueBefore <= step && run.inputs[it.id]?.verdict.ok !== true)
}

/** The inputs that a living run lacks where it stands. */
export function lackedNow(definition: ProcedureDefinition, run: Run): readonly InputDefinition[] {
  const step = nextStep(definition, run)
  return run.abort !== undefined || step === undefined ? [] : lackingInputs(definition, run, step)
}

/** Whether the work plan has been reviewed and found good. */
export function planReviewed(run: Run): boolean {
  return run.workPlan.review?.verdict === 'approved'
}

/** The definition of a step. Throws a RangeError for a number that is none. */
export function stepOf(definition: ProcedureDefinition, step: number): StepDefinition {
  const found = definition.steps.find((it) => it.number === step)
  if (found === undefined) throw new RangeError(`procedure ${definition.id} has no step ${step}`)
  return found
}

/** What is recorded of a step. Throws a RangeError for a number that is none. */
export function recordOf(run: Run, step: number): StepRecord {
  const found = run.steps.find((it) => it.number === step)
  if (found === undefined) throw new RangeError(`run ${run.id} has no step ${step}`)
  return found
}

/** The attempt that counts now. */
export function presentAttempt(record: StepRecord): Attempt {
  const last = record.attempts.at(-1)
  if (last === undefined) throw new RangeError(`step ${record.number} has no attempt`)
  return last
}

/** The run with one step's record changed. */
export function onStep(run: Run, step: number, change: (record: StepRecord) => StepRecord): Run {
  return { ...run, steps: run.steps.map((it) => (it.number === step ? change(it) : it)) }
}

/** The last step: the one that the approvals decide. */
export function lastStep(definition: ProcedureDefinition): StepDefinition {
  return stepOf(definition, definition.steps.length)
}

function pendingPoint(definition: ProcedureDefinition, run: Run, step: number): ValidationPoint | undefined {
  return definition.validationPoints.find((point) => {
    if (point.after >= step) return false
    const record = recordOf(run, point.after)
    return record.acknowledged?.attempt !== presentAttempt(record).number
  })
}
