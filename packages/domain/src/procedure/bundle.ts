/**
 * What the approvals are bound to: the outcome of every step before the last, what the steps rest
 * on outside the run, and the work plan. It holds neither its hash nor any time, so that the same
 * content always hashes equally; evidence is in it by hash, as each Go used it.
 */
import { canonical } from '../audit/canonical.ts'
import type { Json } from '../audit/canonical.ts'
import type { JsonObject, Run, Setting, StepRecord } from './run.ts'
import { lastStep, presentAttempt, stepOf } from './standing.ts'

/** The bundle of a run. `baselines` holds, by step number, what an observing step rests on now. */
export function bundleOf(
  setting: Setting,
  run: Run,
  baselines: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const { definition } = setting
  const last = lastStep(definition).number
  const { content, authors, review } = run.workPlan
  return {
    procedure: { id: run.procedure.id, version: run.procedure.version },
    project: setting.project,
    feature: setting.feature,
    workPlan: { content, authors: [...authors].toSorted(), reviewer: review?.by ?? null },
    steps: run.steps
      .filter((it) => it.number < last)
      .map((it) => stepContent(stepOf(definition, it.number).id, it, baselines[String(it.number)])),
  }
}

/** JSON Pointers at which two values differ; the deepest ones. */
export function differences(before: Json, after: Json, at = ''): readonly string[] {
  if (canonical(before) === canonical(after)) return []
  if (!isObject(before) || !isObject(after)) return [at]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.flatMap((name) =>
    differences(
      before[name] ?? null,
      after[name] ?? null,
      `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    ),
  )
}

function stepContent(id: string, record: StepRecord, baseline: JsonObject | undefined): JsonObject {
  const { decisions } = presentAttempt(record)
  return {
    number: record.number,
    id,
    output: record.output,
    ...(baseline === undefined ? {} : { baseline }),
    decisions: decisions.map(({ role, by, decision, rationale, overrides, evidence }) => ({
      role,
      by,
      decision,
      rationale,
      overrides: overrides.map(({ check, reason }) => ({ check, reason })),
      evidence,
    })),
    notApplicable: record.notApplicable.map(({ check, reason, by }) => ({ check, reason, by })),
  }
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null
}
