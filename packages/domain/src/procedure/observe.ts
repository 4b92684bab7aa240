/**
 * Changes outside the run: the step that rests on what changed is about something else now.
 */
import type { Run, Setting } from './run.ts'
import { renewed, spread, withAuthor } from './stale.ts'
import { onStep, stepOf } from './standing.ts'

/** What a step rests on outside the run, seen now. */
export interface Observed {
  readonly kind: 'observed'
  readonly step: number
  readonly hash: string
  /** Who changed it, where that is known. */
  readonly by?: string
}

/** Takes notice. What is seen for the first time changes nothing. */
export function observe(setting: Setting, run: Run, event: Observed, now: Date): Run {
  const { definition } = setting
  const before = run.observed[String(event.step)]
  if (before === event.hash || run.abort !== undefined) return run
  const seen: Run = { ...run, observed: { ...run.observed, [String(event.step)]: event.hash } }
  if (before === undefined) return seen
  const { observes } = stepOf(definition, event.step)
  const why = `${observes ?? 'what it rests on'} was changed${event.by === undefined ? '' : ` by ${event.by}`}`
  const touched = onStep(seen, event.step, (it) => renewed(it, it.output))
  const parts = definition.parts
    .filter((it) => it.step === event.step && it.fields === undefined)
    .map((it) => it.id)
  const authored = event.by === undefined ? touched : withAuthor(touched, parts, event.by)
  return spread(definition, authored, { step: event.step, why }, now)
}
