/**
 * An input met in another way than the system can observe (P-R13). What the system would have checked
 * is then for people, and never shown as proven by it.
 */
import type { InputDefinition, ProcedureDefinition } from './model.ts'
import type { Run } from './run.ts'

/** The inputs that are met by an alternative; the system itself gives what it observes. */
export function metByAlternative(definition: ProcedureDefinition, run: Run): readonly InputDefinition[] {
  return definition.inputs.filter((it) => {
    const given = run.inputs[it.id]
    return it.alternative !== undefined && given !== undefined && given.by !== 'system'
  })
}

/** The definition as it holds for this run: checks that rest on a replaced input are made by people. */
export function definitionFor(definition: ProcedureDefinition, run: Run): ProcedureDefinition {
  const manual = new Set(
    metByAlternative(definition, run).flatMap((it) => it.alternative?.manualChecks ?? []),
  )
  if (manual.size === 0) return definition
  const steps = definition.steps.map((step) => ({
    ...step,
    checks: step.checks.map((check) =>
      manual.has(check.id) ? { ...check, availability: 'not_in_this_version' as const } : check,
    ),
  }))
  return { ...definition, steps }
}
