/**
 * What the flag noun asks of the nouns above it: `app.ts` puts them in, so that flags know nothing
 * of procedures and rollouts.
 */
import type { FlagGate } from '@flagmarshal/domain/flag/enable'

import type { Context } from '../context.ts'
import type { Database, Tx } from '../storage/database.ts'

/** A change of what is served, made by a person or a token; never one of the rollout controller. */
export interface FlagsChanged {
  readonly project: string
  readonly flags: readonly string[]
  readonly environments: readonly string[]
  /** `members`: only the lists of a segment. `kill`: only `enabled`, to false. */
  readonly what: 'definition' | 'config' | 'segment' | 'members' | 'kill'
}

export interface FlagPorts {
  /** Whether a protected environment may serve something else of this flag. */
  gateOf(tx: Tx, project: string, flag: string, environment: string): Promise<FlagGate>
  /** Whether anybody wants to hear of changes of a flag: most have no feature behind them. */
  isHeard(tx: Tx, project: string, flag: string): Promise<boolean>
  /**
   * Called in the transaction of the change, with the flag's row locked: whoever holds it must not
   * wait for a rollout's row, because the controller takes the two in the other order.
   */
  onFlagChanged(tx: Tx, context: Context, change: FlagsChanged): Promise<void>
}

/** What the use cases of flags work with. */
export interface FlagParts {
  readonly database: Database
  readonly flagPorts: FlagPorts
}
