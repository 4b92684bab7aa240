/**
 * The exit of a run (P-EX1 … P-EX6): completed and aborted as people made them, blocked as time did.
 *
 * Blocked is derived and ends by itself: a run that waits for somebody has had no act for longer
 * than the project's policy allows. What halts it stays the cause; blocked is the state shown.
 */
import { approvers } from './can.ts'
import type { ExitState } from './model.ts'
import { positionOf } from './next.ts'
import { workingDaysLater } from './policy.ts'
import type { Run, Setting } from './run.ts'

export interface Exit {
  readonly state: ExitState['id']
  readonly since: Date
  readonly reason: string
  /** Empty where nothing is left to do. */
  readonly requiredAction: string
  /** People, roles and groups that are told (P-EX4). */
  readonly notify: readonly string[]
  /** The line that the procedure gives for this state. */
  readonly status: string
}

/** The exit of a run at `now`; undefined while it is on its way. */
export function exitOf(setting: Setting, run: Run, now: Date): Exit | undefined {
  switch (run.state.kind) {
    case 'completed':
      return {
        state: 'completed',
        since: run.schedule?.at ?? run.startedAt,
        reason: 'Every step is Go, every role has approved, the rollout is scheduled.',
        requiredAction: '',
        notify: told(setting, run),
        status: statusLine(setting, 'completed'),
      }
    case 'aborted':
      return {
        state: 'aborted',
        since: run.abort?.at ?? run.startedAt,
        reason: run.abort?.cause ?? '',
        requiredAction: '',
        notify: told(setting, run),
        status: statusLine(setting, 'aborted'),
      }
    case 'approved':
      return undefined
    case 'draft':
    case 'halted':
    case 'open':
    case 'awaiting_approval':
    case 'reopened':
      return blockedOf(setting, run, now)
  }
}

/** When a run that waits becomes blocked if nobody acts. */
export function blockedFrom({ policy }: Setting, run: Run): Date {
  return workingDaysLater(policy, run.actedAt ?? run.startedAt, policy.blockedAfterDays)
}

/**
 * Everybody who is told of an exit: the roles, the owner, the stakeholders, the caller; of an abort
 * also the owner of the procedure (P-M1).
 */
export function told(setting: Setting, run: Run): readonly string[] {
  const caller = run.correlationId === undefined ? [] : [`caller ${run.correlationId}`]
  const { owner, stakeholders, definition } = setting
  const procedureOwner = run.state.kind === 'aborted' ? [definition.owner] : []
  return [
    ...new Set([...approvers(setting), owner, ...stakeholders, run.startedBy, ...caller, ...procedureOwner]),
  ]
}

function blockedOf(setting: Setting, run: Run, now: Date): Exit | undefined {
  const since = blockedFrom(setting, run)
  if (now < since) return undefined
  const { blockers, status } = positionOf(setting, run)
  const remedies = [...new Set(blockers.map((it) => it.remedy))]
  return {
    state: 'blocked',
    since,
    reason: [status, ...blockers.map((it) => it.message)].join(' '),
    requiredAction: remedies.join(' '),
    notify: [
      ...new Set([...approvers(setting), ...blockers.flatMap((it) => it.who), setting.definition.owner]),
    ],
    status: statusLine(setting, 'blocked'),
  }
}

function statusLine({ definition }: Setting, id: ExitState['id']): string {
  const exit = definition.exitStates.find((it) => it.id === id)
  return exit?.status ?? exit?.means ?? id
}
