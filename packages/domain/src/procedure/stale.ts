/**
 * What a change takes with it (P-E4): the step itself, every later step that was decided, and the
 * approvals. Nothing is silently kept.
 */
import { canonical } from '../audit/canonical.ts'
import type { Part, ProcedureDefinition } from './model.ts'
import type { JsonObject, Run, StepRecord } from './run.ts'
import { lastStep, presentAttempt, recordOf } from './standing.ts'

/** What changed, and since when. */
export interface Change {
  /** The step whose outcome is another one now; 0 for the work plan, on which no step rests. */
  readonly step: number
  /** One sentence. */
  readonly why: string
}

/** The run after a change: decided steps from there on are open again, approvals are void. */
export function spread(definition: ProcedureDefinition, run: Run, change: Change, now: Date): Run {
  const voided = voidApprovals(definition, run, change.why, now)
  if (change.step === 0) return voided
  const steps = voided.steps.map((it) => affected(it, change, now))
  const { state } = voided
  if (state.kind !== 'reopened') return { ...voided, steps }
  return { ...voided, steps, state: { ...state, step: firstOpen(steps) ?? state.step } }
}

/** Takes back every approval that stands, and the request for them. A run that was approved is reopened. */
export function voidApprovals(definition: ProcedureDefinition, run: Run, why: string, now: Date): Run {
  const { request, schedule: _dropped, ...rest } = run
  if (request === undefined) return run
  const last = lastStep(definition).number
  const wasApproved = presentAttempt(recordOf(run, last)).outcome === 'go'
  const approvals = run.approvals.map((it) =>
    it.voided === undefined ? { ...it, voided: { at: now, because: why } } : it,
  )
  if (!wasApproved) return { ...rest, approvals }
  const steps = run.steps.map((it) =>
    it.number === last && presentAttempt(it).outcome === 'go' ? reopen(it, 'stale', why, now) : it,
  )
  const step = firstOpen(steps) ?? last
  return { ...rest, approvals, steps, state: { kind: 'reopened', step, because: why } }
}

/** A step whose subject is another one now: results, attestations and votes for the old one are gone. */
export function renewed(record: StepRecord, output: JsonObject): StepRecord {
  const attempts = record.attempts.map((it, index) =>
    index === record.attempts.length - 1 && it.outcome === undefined ? { ...it, decisions: [] } : it,
  )
  return {
    ...record,
    output,
    attempts,
    revision: record.revision + 1,
    checks: [],
    attested: [],
    notApplicable: [],
  }
}

/** A record with a new attempt. */
export function reopen(
  record: StepRecord,
  because: 'no-go' | 'changed' | 'stale',
  why: string,
  now: Date,
): StepRecord {
  const number = presentAttempt(record).number + 1
  const attempt = { number, openedAt: now, because, why, decisions: [], failureActions: [] }
  return { ...record, attempts: [...record.attempts, attempt] }
}

/** The parts of a step that differ between two outputs of it. */
export function changedParts(
  definition: ProcedureDefinition,
  step: number,
  before: JsonObject,
  after: JsonObject,
): readonly string[] {
  return definition.parts
    .filter((it) => it.step === step && contentOf(it, before) !== contentOf(it, after))
    .map((it) => it.id)
}

/** The run with somebody remembered as an author of parts. */
export function withAuthor(run: Run, parts: readonly string[], author: string): Run {
  const authors = { ...run.authors }
  for (const part of parts) authors[part] = [...new Set([...(authors[part] ?? []), author])]
  return { ...run, authors }
}

/** Everybody who wrote any of these parts since the bundle was last approved. */
export function authorsOf(run: Run, parts: readonly string[]): readonly string[] {
  return [...new Set(parts.flatMap((it) => run.authors[it] ?? []))]
}

function affected(record: StepRecord, change: Change, now: Date): StepRecord {
  if (record.number < change.step) return record
  const attempt = presentAttempt(record)
  if (attempt.outcome === 'go')
    return reopen(record, record.number === change.step ? 'changed' : 'stale', change.why, now)
  if (attempt.decisions.length === 0) return record
  // Half decided by one of two roles: that vote was for what was there before.
  return { ...record, attempts: [...record.attempts.slice(0, -1), { ...attempt, decisions: [] }] }
}

function firstOpen(steps: readonly StepRecord[]): number | undefined {
  return steps.find((it) => presentAttempt(it).outcome !== 'go')?.number
}

function contentOf(part: Part, output: JsonObject): string {
  if (part.fields === undefined) return canonical(output)
  return canonical(part.fields.map((path) => at(output, path) ?? null))
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (it, name) =>
        typeof it === 'object' && it !== null
          ? Object.entries(it).find(([key]) => key === name)?.[1]
          : undefined,
      value,
    )
}
