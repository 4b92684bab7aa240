/**
 * The exits that people make: scheduling the rollout, which completes the run, and aborting it.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { nextOpen, whyClosed } from '../rollout/calendar.ts'
import type { Blackout } from '../rollout/calendar.ts'
import { heldRoles, mustBePerson, roleNeeded } from './can.ts'
import { standingOf } from './checks.ts'
import type { CheckStanding } from './checks.ts'
import type { ProcedureDefinition } from './model.ts'
import { calendarOf } from './policy.ts'
import type { Actor, CheckResult, Run, Setting } from './run.ts'
import { reopen } from './stale.ts'
import { lastStep, onStep, recordOf } from './standing.ts'

export interface Scheduled {
  readonly kind: 'scheduled'
  /** Absent: when the rollout is started. */
  readonly start?: Date
  /** Whether the start lies inside the timeline that was approved. */
  readonly inside: boolean
  /** Times of the plan in which nothing may start, beside those of the project. */
  readonly blackouts: readonly Blackout[]
  /** Results of the last step's available checks, run for this; absent where there are none. */
  readonly checks?: readonly CheckResult[]
  readonly by: Actor
}

export interface Aborted {
  readonly kind: 'aborted'
  readonly cause: string
  readonly lessons: string
  /** Who is exposed to what the run is about, one sentence each; empty where nobody is. */
  readonly exposed: readonly string[]
  /** What shows that nobody is. */
  readonly unexposed: readonly string[]
  readonly by: Actor
}

/** Records the start. Refused while a check for the exit is open. */
export function schedule(setting: Setting, run: Run, event: Scheduled, now: Date): Run | Refusal {
  const roles = setting.definition.approvals.map((it) => it.role)
  const no = mustBePerson(event.by, 'Scheduling')
  if (no !== undefined) return no
  if (heldRoles(setting, event.by, roles).length === 0) return roleNeeded(setting, roles, 'Scheduling')
  const closed = startRefusal(setting, event, now)
  if (closed !== undefined) return closed
  const last = lastStep(setting.definition)
  const kept = recordOf(run, last.number)
  const record = { ...kept, checks: event.checks ?? kept.checks }
  const open = standingOf(last, record).filter((it) => it.check.forExit === true && !it.settled)
  if (open.length > 0) {
    return refuse(
      'exit-open',
      `Not done yet: ${open.map(sayOpen).join(', ')}.`,
      'See to it and repeat; attest what this version does not check; set aside what does not apply.',
    )
  }
  const start = event.start === undefined ? {} : { start: event.start }
  const steps = run.steps.map((it) => (it.number === last.number ? record : it))
  const next = { ...run, steps, schedule: { ...start, by: event.by.id, at: now } }
  return event.inside ? next : voidTimeline(setting.definition, next, event.by.id, now)
}

/** Why nothing may start at the wished time, with the next time at which it may (P-S7-10). */
export function startRefusal(
  { policy }: Pick<Setting, 'policy'>,
  { start, blackouts }: Pick<Scheduled, 'start' | 'blackouts'>,
  now: Date,
): Refusal | undefined {
  if (start === undefined) return undefined
  const project = calendarOf(policy)
  const calendar = { ...project, blackouts: [...project.blackouts, ...blackouts] }
  const past = start < now
  const why = past ? `${start.toISOString()} is past` : whyClosed(calendar, start)
  if (why === undefined) return undefined
  const next = nextOpen(calendar, past ? now : start)
  return refuse(
    past ? 'start-is-past' : 'start-is-closed',
    `${why}.`,
    next === undefined
      ? 'The calendar of the project has no time to start; change its policy.'
      : `The next possible start is ${next.toISOString()}.`,
    '/start',
  )
}

/** Takes back the approval of whoever signs the timeline: the start lies outside of what was approved. */
// oxlint-disable-next-line max-params -- private, and each of them is asked
function voidTimeline(definition: ProcedureDefinition, run: Run, by: string, now: Date): Run {
  const roles = definition.approvals.filter((it) => it.timeline === true).map((it) => it.role)
  if (roles.length === 0) return run
  const because = `${by} moved the start out of the approved timeline`
  const approvals = run.approvals.map((it) =>
    it.voided === undefined && roles.includes(it.role) ? { ...it, voided: { at: now, because } } : it,
  )
  const last = lastStep(definition).number
  return onStep({ ...run, approvals }, last, (it) => reopen(it, 'stale', because, now))
}

function sayOpen({ check, result }: CheckStanding): string {
  const findings = result?.findings ?? []
  return `${check.id} (${[check.title, ...findings].join('; ')})`
}

/** Ends the run. Refused while anybody is exposed: the rollback comes first (P-EX6). */
export function abort(setting: Setting, run: Run, event: Aborted, now: Date): Run | Refusal {
  const roles = setting.definition.approvals.map((it) => it.role)
  const no = mustBePerson(event.by, 'An abort')
  if (no !== undefined) return no
  if (heldRoles(setting, event.by, roles).length === 0) return roleNeeded(setting, roles, 'Aborting')
  if (event.exposed.length > 0) {
    return refuse(
      'rollback-required',
      `Users may be exposed: ${event.exposed.join('; ')}.`,
      'Roll back first; then nothing is left to roll back, and the run can be aborted.',
    )
  }
  const { cause, lessons, unexposed, by } = event
  return { ...run, abort: { cause, lessons, unexposed, by: by.id, at: now } }
}
