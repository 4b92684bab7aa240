/** How far a command has come, on one line of a terminal that is written again and again. */
import type { Streams } from './session.ts'

export interface Progress {
  at(count: number, of: number): void
  /** Takes the line away. */
  end(): void
}

/** Shown on terminals only, and not with `--quiet`: a log gets no hundred lines of it. */
export function progress({ err, terminal }: Streams, quiet: boolean, what: string): Progress {
  const isShown = terminal && !quiet
  return {
    at(count, of) {
      if (isShown) err(`\r${count} of ${of} ${what}`)
    },
    end() {
      if (isShown) err('\r\u001B[K')
    },
  }
}
