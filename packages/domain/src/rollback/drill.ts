/**
 * What drills found (P-S4-6, P-S5-6), and what that amounts to. A drill that met no connected
 * instance says nothing: unknown, never passed.
 */
import type { Toggle } from '../verification/model.ts'
import type { KillCounts } from './kill-recovery.ts'

/** The alarm that was raised on purpose. */
export interface AlertDrillFound {
  readonly nonce: string
  /** Absent in results from before there was another way. */
  readonly through?: 'built-in' | 'prometheus'
  /** The receivers of Alertmanager that its routes led to. */
  readonly receivers?: readonly string[]
  readonly rule: string
  readonly numbers: { readonly requests: number; readonly share: number; readonly threshold: number }
  /** From the injection, in order; null: not reached in time. */
  readonly hops: readonly { readonly hop: string; readonly afterMs: number | null }[]
  readonly channels: readonly {
    readonly channel: string
    readonly state: string
    readonly afterMs: number | null
  }[]
}

/** The flag that was disabled on purpose. */
export interface RollbackDrillFound {
  /** null: no instance is connected outside production. */
  readonly environment: string | null
  readonly toggles: readonly Toggle[]
  readonly kill: string | null
  readonly recovery: {
    readonly servedOn: boolean
    readonly servedOff: boolean
    /** Requests while it was on, and off again; absent in drills of an earlier version. */
    readonly on?: KillCounts
    readonly off?: KillCounts
  }
  /** Synthetic users that were evaluated after the disable, and those that still got the feature. */
  readonly synthetic?: { readonly users: number; readonly exposed: number }
  readonly hooks: readonly DrilledHook[]
}

/** A hook that was tried in a drill. */
export interface DrilledHook {
  readonly hook: string
  readonly version: number
  readonly mode: 'dry-run' | 'run'
  readonly target: 'production' | 'staging'
  /** Of the run; null: it could not be asked for. */
  readonly run: string | null
  readonly ok: boolean
  readonly said: string
}

/** How long a passed drill counts. */
export const CERTIFICATE_MS = 30 * 86_400_000

/** Requests below which a share says nothing. */
const ENOUGH = 20
/** A share of bad requests that needs no explanation. */
const USUAL_SHARE = 0.01

export interface DrillVerdict {
  readonly verdict: 'passed' | 'failed' | 'unknown'
  readonly findings: readonly string[]
}

/** Every hop must be reached, and every channel that takes the alert must have it. */
export function alertVerdict({ hops, channels }: AlertDrillFound): DrillVerdict {
  const findings = [
    ...hops.filter((it) => it.afterMs === null).map((it) => `${it.hop}: not reached in time`),
    ...channels
      .filter((it) => it.afterMs === null)
      .map((it) => `the channel ${it.channel} has not delivered it (${it.state})`),
  ]
  return { verdict: findings.length === 0 ? 'passed' : 'failed', findings }
}

/** Every connected instance must have followed the disable within the bound; requests seen afterwards must get the off-branch. */
export function rollbackVerdict(found: RollbackDrillFound): DrillVerdict {
  if (found.environment === null)
    return { verdict: 'unknown', findings: ['no instance is connected outside production'] }
  const late = slowInstances(found.toggles).map(
    (it) => `${it.instanceId} did not follow the ${it.what} in time`,
  )
  const { servedOn, servedOff } = found.recovery
  const stuck = servedOn && !servedOff ? ['no request got the off-branch after the disable'] : []
  const { hooks } = found
  const findings = [
    ...late,
    ...stuck,
    ...unrecovered(found),
    ...((found.synthetic?.exposed ?? 0) > 0
      ? [`${found.synthetic?.exposed} of ${found.synthetic?.users} synthetic users still got the feature`]
      : []),
    ...hooks
      .filter((it) => !it.ok)
      .map((it) => `the hook ${it.hook}, ${it.mode} on ${it.target}: ${it.said}`),
  ]
  return { verdict: findings.length === 0 ? 'passed' : 'failed', findings }
}

/** The share of bad requests must not be higher after the disable than while it was on. */
function unrecovered({ recovery: { on, off } }: RollbackDrillFound): readonly string[] {
  if (on === undefined || off === undefined || off.n < ENOUGH || on.n === 0) return []
  const [before, after] = [on.bad / on.n, off.bad / off.n]
  return after <= Math.max(before, USUAL_SHARE) ? [] : ['the share of bad requests rose after the disable']
}

/** Instances that did not acknowledge a change within the bound. */
export function slowInstances(
  toggles: readonly Toggle[],
): readonly { readonly instanceId: string; readonly what: Toggle['what']; readonly environment: string }[] {
  return toggles.flatMap(({ what, environment, instances }) =>
    instances
      .filter((it) => it.confirmedAfterMs === null)
      .map(({ instanceId }) => ({ instanceId, what, environment })),
  )
}
