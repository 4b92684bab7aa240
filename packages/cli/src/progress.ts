/** How far a command has come, on one line of a terminal that is written again and again. */
import type { Streams } from './session.ts'

export interface Progress {
  at(count: number, of: number): void
  /** Takes the line away. */
  end(): void
}

const ERASE = '\r\u001B[K'

/** Waiting that is longer than this is shown. */
const PATIENCE_MS = 1_000

/** Shown on terminals only, and not with `--quiet`: a log gets no hundred lines of it. */
export function progress({ err, terminal }: Streams, quiet: boolean, what: string): Progress {
  const isShown = terminal && !quiet
  return {
    at(count, of) {
      if (isShown) err(`\r${count} of ${of} ${what}`)
    },
    end() {
      if (isShown) err(ERASE)
    },
  }
}

/** Says that one waits, and how long by now, from the second second on. */
export async function whileWaiting<T>(
  { err, terminal }: Streams,
  quiet: boolean,
  awaited: Promise<T>,
): Promise<T> {
  if (!terminal || quiet) return await awaited
  let waited = 0
  const timer = setInterval(() => {
    waited += 1
    err(`\rwaiting for the server, ${waited} s`)
  }, PATIENCE_MS)
  try {
    return await awaited
  } finally {
    clearInterval(timer)
    if (waited > 0) err(ERASE)
  }
}
