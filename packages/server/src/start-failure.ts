/**
 * A reason not to start that the operator can do something about: one clear sentence, printed
 * without a stack, exit code 1.
 */
export class StartFailure extends Error {}

/** The sentence for a data directory that cannot be written. */
export function unwritable(dataDir: string, error: unknown): StartFailure {
  const why = error instanceof Error ? error.message : String(error)
  return new StartFailure(
    `The data directory ${dataDir} cannot be written (${why}): make it writable for this user, or set FLAGMARSHAL_DATA_DIR.`,
    { cause: error },
  )
}
