/** What local accounts need beside the database: limits, the set-up link's secret, where people come from. */
import { createAttemptLimits, createResetLimits } from './attempt-limit.ts'
import type { AttemptLimits } from './attempt-limit.ts'
import type { SendMail } from './reset.ts'
import { setUpSecret } from './set-up.ts'

export interface Accounts {
  readonly limits: AttemptLimits
  /** How often links for lost passwords may be asked for. */
  readonly resetLimits: AttemptLimits
  /** Sends such a link; undefined where no mail server or no address of the console is set. */
  readonly sendMail: SendMail | undefined
  readonly setUpSecret: string
  /** Where people reach the server, if that was set; without a slash at its end. */
  readonly publicUrl: string | undefined
}

/** Built once, by the composition root. */
export function createAccounts(
  bootstrapToken: string,
  publicUrl: string | undefined,
  sendMail: SendMail | undefined,
): Accounts {
  return {
    limits: createAttemptLimits(),
    resetLimits: createResetLimits(),
    sendMail: publicUrl === undefined ? undefined : sendMail,
    setUpSecret: setUpSecret(bootstrapToken),
    publicUrl: publicUrl?.replace(/\/+$/, ''),
  }
}
