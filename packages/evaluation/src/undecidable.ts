/** A flag that cannot be evaluated for a context, found out in the middle of its conditions. */
import { failed } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import type { ErrorCode } from './reason.ts'

/** Thrown by a test, caught by the flag that asked: its answer is the outcome. Made once, when a flag is compiled. */
export class Undecidable extends Error {
  readonly outcome: Outcome

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.outcome = failed(code, message)
  }
}
