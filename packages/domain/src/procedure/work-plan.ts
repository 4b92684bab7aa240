/**
 * The work plan of a run (P-PL1 … P-PL5): written, reviewed by somebody else, and void as soon as
 * it is written again.
 */
import { canonical } from '../audit/canonical.ts'
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { mustBePerson } from './can.ts'
import type { ProcedureDefinition } from './model.ts'
import type { Actor, JsonObject, Run, Setting } from './run.ts'
import { spread } from './stale.ts'

export interface WorkPlanWritten {
  readonly kind: 'work-plan-written'
  readonly content: JsonObject
  readonly by: Actor
}

export interface WorkPlanReviewed {
  readonly kind: 'work-plan-reviewed'
  readonly verdict: 'approved' | 'rejected'
  readonly comments: string
  readonly by: Actor
}

/** The plan that a run begins with: what the definition says by itself, for people to complete. */
export function draftWorkPlan(definition: ProcedureDefinition): JsonObject {
  const names = definition.steps.map((it) => it.title)
  return {
    procedures: definition.related,
    dependencies: names.slice(1).map((name, index) => `${names[index]} → ${name}`),
    risks: [],
    unknowns: [],
    validationPoints: definition.validationPoints.map((it) => it.title),
  }
}

/** Replaces the work plan; the review that it had does not hold for the new one. */
export function writeWorkPlan(setting: Setting, run: Run, event: WorkPlanWritten, now: Date): Run {
  const { content, by } = event
  const before = run.workPlan
  if (canonical(before.content) === canonical(content)) return run
  const authors = [...new Set([...before.authors, by.id])]
  const workPlan = { content, revision: before.revision + 1, authors }
  return spread(
    setting.definition,
    { ...run, workPlan },
    { step: 0, why: `the work plan was changed by ${by.id}` },
    now,
  )
}

/** Records the review. Nobody reviews a plan that he wrote a part of. */
export function reviewWorkPlan(run: Run, event: WorkPlanReviewed, now: Date): Run | Refusal {
  const { verdict, comments, by } = event
  const no = mustBePerson(by, 'A review')
  if (no !== undefined) return no
  if (run.workPlan.authors.includes(by.id)) {
    return refuse('own-work', `${by.id} is an author of the work plan.`, 'Have it reviewed by somebody else.')
  }
  if (verdict === 'rejected' && comments === '') {
    return refuse(
      'comment-needed',
      'Rejecting the work plan needs a comment.',
      'Say what should change.',
      '/comments',
    )
  }
  if (run.workPlan.review?.verdict === 'approved') {
    return refuse(
      'reviewed-already',
      'This work plan has been reviewed.',
      'Write it anew to have it reviewed again.',
    )
  }
  return { ...run, workPlan: { ...run.workPlan, review: { verdict, comments, by: by.id, at: now } } }
}
