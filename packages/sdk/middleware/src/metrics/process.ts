/**
 * What this process uses: CPU, memory, the delay of its event loop, its pools and queues. Of a
 * service and never of an arm: both arms share them.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

import { gaugeLines } from './exposition.ts'

/** A pool of connections or workers, or a queue, as it is at this moment. */
export interface Pool {
  readonly size: number
  readonly inUse: number
  readonly waiting: number
}

/** Reads them; ended once. */
export interface ProcessMetrics {
  lines(): string[]
  close(): void
}

const NANO = 1e-9

/** Begins to watch the event loop. */
export function watchProcess(pools: Readonly<Record<string, () => Pool>>): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  let before = performance.eventLoopUtilization()
  return {
    lines() {
      const { user, system } = process.cpuUsage()
      const { rss, heapUsed } = process.memoryUsage()
      const since = performance.eventLoopUtilization(before)
      before = performance.eventLoopUtilization()
      const lines = [
        '# HELP flagmarshal_process_cpu_seconds_total CPU time of the process.',
        '# TYPE flagmarshal_process_cpu_seconds_total counter',
        `flagmarshal_process_cpu_seconds_total ${(user + system) / 1e6}`,
        ...single('process_resident_memory_bytes', 'Memory of the process.', rss),
        ...single('process_heap_used_bytes', 'Heap in use.', heapUsed),
        ...single(
          'event_loop_utilization',
          'Busy share of the event loop since the last scrape.',
          since.utilization,
        ),
        ...gaugeLines(
          'flagmarshal_event_loop_delay_seconds',
          'Delay of the event loop since the last scrape.',
          [
            { labels: { quantile: '0.5' }, value: delay.percentile(50) * NANO },
            { labels: { quantile: '0.99' }, value: delay.percentile(99) * NANO },
          ],
        ),
        ...poolLines(pools),
      ]
      delay.reset()
      return lines
    },
    close: () => void delay.disable(),
  }
}

function single(name: string, help: string, value: number): string[] {
  return gaugeLines(`flagmarshal_${name}`, help, [{ labels: {}, value }])
}

function poolLines(pools: Readonly<Record<string, () => Pool>>): string[] {
  const now = Object.entries(pools).map(([pool, read]) => ({ labels: { pool }, ...read() }))
  if (now.length === 0) return []
  return (
    [
      ['size', 'size', 'Size of the pool.'],
      ['in_use', 'inUse', 'What of it is in use.'],
      ['waiting', 'waiting', 'What waits for it.'],
    ] as const
  ).flatMap(([name, of, help]) =>
    gaugeLines(
      `flagmarshal_pool_${name}`,
      help,
      now.map((it) => ({ labels: it.labels, value: it[of] })),
    ),
  )
}
