/**
 * What a database error means to a caller: try again at once, try again later, or a bug of ours.
 */

/** `busy`: a lock or deadlock; `unavailable`: no database; `full`: no room in it; `unstorable`: text that it cannot hold. */
export type Failure = 'busy' | 'unavailable' | 'full' | 'unstorable'

/** SQLSTATE codes and Node's network codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const FAILURES: Readonly<Record<string, Failure>> = {
  '55P03': 'busy', // lock_not_available
  '40P01': 'busy', // deadlock_detected
  '40001': 'busy', // serialization_failure
  '57014': 'busy', // query_canceled: the statement timeout
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '53100': 'full', // disk_full
  '53200': 'unavailable', // out_of_memory
  '53300': 'unavailable', // too_many_connections
  '58030': 'unavailable', // io_error
  '57P01': 'unavailable', // admin_shutdown
  '57P02': 'unavailable', // crash_shutdown
  '57P03': 'unavailable', // cannot_connect_now
  '25006': 'unavailable', // read_only_sql_transaction: a standby
  '3D000': 'unavailable', // the database does not exist
  '22021': 'unstorable', // character_not_in_repertoire
  '22P05': 'unstorable', // untranslatable_character
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ENOENT: 'unavailable', // no socket file
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  ENETUNREACH: 'unavailable',
  ETIMEDOUT: 'unavailable',
  EPIPE: 'unavailable',
}

/** Those of a transaction that may simply begin anew: it waited too long for a lock, or was in a deadlock. */
const LOST_TURN: ReadonlySet<unknown> = new Set(['55P03', '40P01', '40001'])

/** Whether a transaction failed only because others held what it wanted. */
export function lostItsTurn(error: unknown): boolean {
  return error instanceof Error && 'code' in error && LOST_TURN.has(error.code)
}

/** The driver has no code for these. */
const MESSAGES = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect/,
  /^Client has encountered/,
]

/** What the error is, if the database caused it; looks through causes. */
export function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (Object.hasOwn(FAILURES, code)) return FAILURES[code]
  if (code.startsWith('08') || MESSAGES.some((it) => it.test(error.message))) return 'unavailable'
  if (error instanceof AggregateError) return failureOf(error.errors[0])
  return failureOf(error.cause)
}
