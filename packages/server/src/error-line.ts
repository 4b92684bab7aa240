/**
 * What the log says of an error.
 */

/** What is written of an error. Drivers hang whole connections on theirs, and those hold secrets. */
interface ErrorLine {
  readonly message: string
  readonly code?: unknown
  readonly stack: string | undefined
  readonly cause?: unknown
}

/** An error for the log: the whole chain of causes, each with its own stack, and nothing else of it. */
export function errorLine(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const line: ErrorLine = {
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorLine(error.cause) }),
  }
  return line
}
