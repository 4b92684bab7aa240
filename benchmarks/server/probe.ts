/**
 * Loaded into a measured program before its own code: says over IPC what the process has used so
 * far. CPU time is that of all its threads, so neighbours on the machine do not count.
 */

/** What a process has used. */
export interface Usage {
  /** CPU time, user and system, in microseconds. */
  readonly cpuUs: number
  readonly rssBytes: number
  readonly heapBytes: number
  /** Outside of the heap: buffers. */
  readonly externalBytes: number
}

/** `collect` first lets go of what is garbage; it needs `--expose-gc`. */
export type Question = 'usage' | 'collect'

process.on('message', (question: unknown) => {
  if (question !== 'usage' && question !== 'collect') return
  if (question === 'collect') globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  const usage: Usage = { cpuUs: user + system, rssBytes: rss, heapBytes: heapUsed, externalBytes: external }
  process.send?.({ usage })
})
process.channel?.unref()
