/**
 * Work that must not run twice at once, and must begin anew for whoever asks while it runs: what they
 * ask about may have come too late for the run that goes on.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  function begin(): Promise<void> {
    const run = work().finally(() => (running = undefined))
    running = run
    return run
  }

  return () => {
    if (running === undefined) return next ?? begin()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return begin()
      })
    return next
  }
}
