/** Work that is repeated beside requests, one run at a time, until it is stopped. */
import type { Clock } from '../clock.ts'
import type { Log } from '../context.ts'

export interface Task {
  /** Runs it as soon as the run that goes on, if any, has ended. */
  soon(): void
  /** Lets the run that goes on end, and begins no other. */
  stop(): Promise<void>
}

/** Starts to repeat `work`; the first run is after `everyMs`. A failure is logged and the next run tries again. */
export function startTask(
  of: { readonly name: string; readonly everyMs: number; readonly clock: Clock; readonly log: Log },
  work: () => Promise<void>,
): Task {
  const { name, everyMs, clock, log } = of
  const stopping = new AbortController()
  // One signal for both ways to wake: one that is made of several is not kept alive by who sleeps on it.
  let sleeping = new AbortController()
  const running = repeat()

  return {
    soon: () => sleeping.abort(),
    async stop() {
      stopping.abort()
      sleeping.abort()
      await running
    },
  }

  async function repeat(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(everyMs, sleeping.signal)
      if (stopping.signal.aborted) return
      sleeping = new AbortController()
      await work().catch((error: unknown) => log.warn({ err: error, task: name }, 'a task failed'))
    }
  }
}
