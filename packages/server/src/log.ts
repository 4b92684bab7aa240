/**
 * The log: one JSON object a line, on standard output.
 */
import { pino } from 'pino'

import type { Config } from './config.ts'
import type { Log } from './context.ts'

/** What is written of an error. Drivers hang whole connections on theirs, and those hold secrets. */
interface ErrorLine {
  readonly message: string
  readonly code?: unknown
  readonly stack: string | undefined
  readonly cause?: unknown
}

/** A log at the level that the settings name. */
export function createLog(config: Pick<Config, 'logLevel'>): Log {
  return pino({ level: config.logLevel, base: null, serializers: { err: errorLine } })
}

/** The whole chain of causes, each with its own stack. */
function errorLine(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const line: ErrorLine = {
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorLine(error.cause) }),
  }
  return line
}
