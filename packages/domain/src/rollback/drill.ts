/**
 * What drills found (P-S4-6, P-S5-6), and what that amounts to. A drill that met no connected
 * instance says nothing: unknown, never passed.
 */
import type { Toggle } from '../verification/model.ts'

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
  readonly recovery: { readonly servedOn: boolean; readonly servedOff: boolean }
  readonly hooks: 'not in this version'
}

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
  const findings = [...late, ...stuck]
  return { verdict: findings.length === 0 ? 'passed' : 'failed', findings }
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
