/**
 * What this process uses, as Prometheus reads it: CPU, memory, event loop, pools and queues.
 */
import { watchProcess } from '@flagmarshal/sdk-server'
import type { Pool, ProcessReading } from '@flagmarshal/sdk-server'

import { gaugeLines } from './exposition.ts'

/** Reads them; ended once. */
export interface ProcessMetrics {
  lines(): string[]
  close(): void
}

/** Begins to watch the event loop. */
export function watchMetrics(pools: Readonly<Record<string, () => Pool>>): ProcessMetrics {
  const watch = watchProcess(pools)
  return { lines: () => linesOf(watch.take()), close: () => watch.close() }
}

function linesOf(now: ProcessReading): string[] {
  return [
    '# HELP flagmarshal_process_cpu_seconds_total CPU time of the process.',
    '# TYPE flagmarshal_process_cpu_seconds_total counter',
    `flagmarshal_process_cpu_seconds_total ${now.cpuSeconds}`,
    ...single('process_resident_memory_bytes', 'Memory of the process.', now.memoryBytes),
    ...single('process_heap_used_bytes', 'Heap in use.', now.heapBytes),
    ...single('event_loop_utilization', 'Busy share of the event loop since the last scrape.', now.loopBusy),
    ...gaugeLines('flagmarshal_event_loop_delay_seconds', 'Delay of the event loop since the last scrape.', [
      { labels: { quantile: '0.5' }, value: now.loopDelayMedianSeconds },
      { labels: { quantile: '0.99' }, value: now.loopDelaySeconds },
    ]),
    ...poolLines(now),
  ]
}

function single(name: string, help: string, value: number): string[] {
  return gaugeLines(`flagmarshal_${name}`, help, [{ labels: {}, value }])
}

function poolLines({ pools }: ProcessReading): string[] {
  if (pools.length === 0) return []
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
      pools.map((it) => ({ labels: { pool: it.name }, value: it[of] })),
    ),
  )
}
