/**
 * Refuses a procedure that is not complete (P-E9): whoever writes a definition hears everything
 * that is wrong with it at once, before the first run finds out.
 */
import type { ContractLine, ProcedureDefinition, StepDefinition } from './model.ts'

/** The definition itself, once nothing is missing. Throws a RangeError that lists what is. */
export function define(definition: ProcedureDefinition): ProcedureDefinition {
  const problems = problemsOf(definition)
  if (problems.length > 0) {
    throw new RangeError(`procedure ${definition.id} is not complete:\n- ${problems.join('\n- ')}`)
  }
  return definition
}

/** What is wrong with a definition, one sentence each; empty when it is complete. */
export function problemsOf(definition: ProcedureDefinition): readonly string[] {
  const { steps } = definition
  return [
    ...(steps.length === 0 ? ['it has no step'] : []),
    ...steps.flatMap((step, index) =>
      step.number === index + 1 ? [] : [`step ${step.number} is at place ${index + 1}`],
    ),
    ...steps.flatMap((step) => stepProblems(definition, step)),
    ...repeated(
      'input',
      definition.inputs.map((it) => it.id),
    ),
    ...repeated(
      'step',
      steps.map((it) => it.id),
    ),
    ...repeated(
      'check',
      steps.flatMap((it) => it.checks.map((check) => check.id)),
    ),
    ...repeated(
      'part',
      definition.parts.map((it) => it.id),
    ),
    ...repeated(
      'approval',
      definition.approvals.map((it) => it.role),
    ),
    ...inputProblems(definition),
    ...outcomeProblems(definition),
  ]
}

function stepProblems(definition: ProcedureDefinition, step: StepDefinition): readonly string[] {
  const name = `step ${step.number} (${step.id})`
  const lacks: readonly (readonly [string, boolean])[] = [
    ['a purpose', step.purpose === ''],
    ['inputs', step.inputs.length === 0],
    ['actions', step.actions.length === 0],
    ['a question to decide', step.decision.question === ''],
    ['a role that decides', step.decision.by === 'person' && step.decision.roles.length === 0],
    ['outputs', step.outputs.length === 0],
    ['a failure', step.failure.failure === ''],
    ['failure actions', step.failure.actions.length === 0],
    ['a retry condition', step.failure.retry === ''],
  ]
  const known = new Set([
    ...definition.inputs.map((it) => it.id),
    ...definition.steps.filter((it) => it.number < step.number).map((it) => `S${it.number}`),
  ])
  return [
    ...lacks.filter(([, missing]) => missing).map(([what]) => `${name} lacks ${what}`),
    ...step.inputs
      .filter((id) => !known.has(id))
      .map((id) => `${name} needs ${id}, which does not exist before it`),
  ]
}

function inputProblems(definition: ProcedureDefinition): readonly string[] {
  const numbers = new Set(definition.steps.map((it) => it.number))
  return definition.inputs.flatMap((input) => [
    ...(input.remediation.path === '' ? [`input ${input.id} has no remediation path`] : []),
    ...((input.remediation.dueInDays ?? 1) > 0
      ? []
      : [`the remediation of input ${input.id} has no due date`]),
    ...(numbers.has(input.dueBefore)
      ? []
      : [`input ${input.id} is due before step ${input.dueBefore}, which does not exist`]),
  ])
}

function outcomeProblems(definition: ProcedureDefinition): readonly string[] {
  const numbers = new Set(definition.steps.map((it) => it.number))
  const parts = new Set(definition.parts.map((it) => it.id))
  const approvalSteps = definition.steps.filter((it) => it.decision.by === 'approvals')
  const named = [
    ...definition.approvals.flatMap((it) => it.parts),
    ...definition.reviews.flatMap((it) => it.subjects.flatMap((subject) => subject.parts)),
  ]
  const last = definition.steps.at(-1)
  return [
    ...named.filter((id) => !parts.has(id)).map((id) => `part ${id} does not exist`),
    ...definition.parts.filter((it) => !numbers.has(it.step)).map((it) => `part ${it.id} belongs to no step`),
    ...definition.validationPoints
      .filter((it) => !numbers.has(it.after))
      .map((it) => `validation point ${it.id} follows no step`),
    ...approvalProblems(definition, approvalSteps, last),
    ...(definition.exitStates.length === 0 ? ['it has no exit state'] : []),
    ...[...definition.validation, ...definition.done].flatMap((it) => lineProblems(definition, it)),
  ]
}

/** Where there are approvals the last step is theirs; where there are none people decide every step. */
function approvalProblems(
  { approvals }: ProcedureDefinition,
  theirs: readonly StepDefinition[],
  last: StepDefinition | undefined,
): readonly string[] {
  if (approvals.length === 0) return theirs.length === 0 ? [] : ['it has no approval']
  return theirs.length === 1 && theirs[0] === last
    ? []
    : ['the last step, and only it, must be decided by the approvals']
}

function lineProblems(definition: ProcedureDefinition, line: ContractLine): readonly string[] {
  const checks = definition.steps.flatMap((it) => it.checks.map((check) => check.id))
  return line.needs.flatMap((need) => {
    const missing =
      (need.kind === 'check' && !checks.includes(need.check) && `the check ${need.check}`) ||
      (need.kind === 'step' && need.step > definition.steps.length && `step ${need.step}`) ||
      (need.kind === 'reviews' &&
        need.group !== undefined &&
        !definition.reviews.some((it) => it.id === need.group) &&
        `the review ${need.group}`)
    return missing === false ? [] : [`the line "${line.title}" needs ${missing}, which does not exist`]
  })
}

function repeated(noun: string, ids: readonly string[]): readonly string[] {
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map(
    (id) => `${noun} ${id} is there twice`,
  )
}
