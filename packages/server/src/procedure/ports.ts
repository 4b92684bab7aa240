/**
 * What flags and rollouts ask of the procedure, as they have named it in their ports.
 */
import type { Clock } from '../clock.ts'
import type { FlagPorts } from '../flag/ports.ts'
import type { HookPorts } from '../hook/carry-out.ts'
import type { RolloutPorts } from '../rollout/ports.ts'
import { onHookEnded } from './follow-hook.ts'
import { loadApprovedPlan } from './load-approved-plan.ts'
import { isHeard, onFlagChanged } from './on-flag-changed.ts'
import { flagGate } from './show-gate.ts'

/** The procedure's answers to flags. */
export function flagPortsOf(clock: Clock): FlagPorts {
  return {
    gateOf: (tx, project, flag, environment) => flagGate(tx, clock.now(), { project, flag, environment }),
    isHeard,
    onFlagChanged,
  }
}

/** The procedure's answers to rollouts. */
export function rolloutPortsOf(clock: Clock): RolloutPorts {
  return {
    loadApprovedPlan: (queries, project, run) => loadApprovedPlan(queries, clock.now(), { project, run }),
  }
}

/** The procedure's answers to hooks. */
export function hookPortsOf(): HookPorts {
  return { onHookEnded }
}
