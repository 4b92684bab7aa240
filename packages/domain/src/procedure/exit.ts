/**
 * The exits that people make: scheduling the rollout, which completes the run, and aborting it.
 */
import { refuse } from '../refusal.ts'
import type { Refusal } from '../refusal.ts'
import { heldRoles, mustBePerson, roleNeeded } from './can.ts'
import { standingOf } from './checks.ts'
import type { CheckStanding } from './checks.ts'
import type { Actor, CheckResult, Run, Setting } from './run.ts'
import { lastStep, recordOf } from './standing.ts'

export interface Scheduled {
  readonly kind: 'scheduled'
  /** Absent: when the rollout is started. */
  readonly start?: Date
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
  if (event.start !== undefined && event.start < now) {
    return refuse(
      'start-is-past',
      `${event.start.toISOString()} is past.`,
      `Choose a start after ${now.toISOString()}.`,
      '/start',
    )
  }
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
  return { ...run, steps, schedule: { ...start, by: event.by.id, at: now } }
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
