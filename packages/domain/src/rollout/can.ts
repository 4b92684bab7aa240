/**
 * Which act is possible in which state: one table for the transitions, the API and the buttons.
 */
import type { RolloutState, StateKind } from './model.ts'

/** What may happen to a rollout. The engine's own steps and the outcome of a verification are acts too. */
export type Action =
  | 'decided'
  | 'pause'
  | 'resume'
  | 'advance'
  | 'roll-back'
  | 'abort'
  | 'kill'
  | 'approve'
  | 'override'
  | 'review'
  | 'rollback-verified'
  | 'rollback-failed'

const UNDERWAY = ['observing', 'running', 'held', 'paused'] as const

const EVERY = [
  'scheduled',
  ...UNDERWAY,
  'completed',
  'rolling_back',
  'rolled_back',
  'rollback_failed',
  'aborted',
] as const satisfies readonly StateKind[]

/** The states in which each act is possible. A kill is accepted in every one. */
export const ALLOWED = {
  decided: ['scheduled', ...UNDERWAY, 'completed'],
  pause: ['observing', 'running', 'held'],
  resume: ['held', 'paused'],
  advance: ['running', 'held', 'paused'],
  'roll-back': [...UNDERWAY, 'completed'],
  abort: ['scheduled', ...UNDERWAY, 'rolling_back', 'rollback_failed'],
  kill: EVERY,
  approve: ['held'],
  override: UNDERWAY,
  review: UNDERWAY,
  'rollback-verified': ['rolling_back', 'rollback_failed'],
  'rollback-failed': ['rolling_back'],
} as const satisfies Record<Action, readonly StateKind[]>

/** Whether the act is possible in the state, as far as the state alone tells. */
export function can(action: Action, state: RolloutState): boolean {
  const states: readonly StateKind[] = ALLOWED[action]
  return states.includes(state.kind)
}
