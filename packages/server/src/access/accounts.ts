/** What local accounts need beside the database: limits, the set-up link's secret, where people come from. */
import { createAttemptLimits } from './attempt-limit.ts'
import type { AttemptLimits } from './attempt-limit.ts'
import { setUpSecret } from './set-up.ts'

export interface Accounts {
  readonly limits: AttemptLimits
  readonly setUpSecret: string
  /** Where people reach the server, if that was set; without a slash at its end. */
  readonly publicUrl: string | undefined
}

/** Built once, by the composition root. */
export function createAccounts(bootstrapToken: string, publicUrl: string | undefined): Accounts {
  return {
    limits: createAttemptLimits(),
    setUpSecret: setUpSecret(bootstrapToken),
    publicUrl: publicUrl?.replace(/\/+$/, ''),
  }
}
