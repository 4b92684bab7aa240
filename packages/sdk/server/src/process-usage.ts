/**
 * What this process uses: CPU, memory, the delay of its event loop, its pools and queues. Of a
 * service and never of an arm: both arms share them.
 *
 * Nothing is done for a request: everything is read when somebody asks, but the delay, which Node.js
 * samples itself with a timer that keeps no process alive.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

import type { PoolUsage, ProcessUsage } from '@flagmarshal/evaluation'

/** A pool of connections or workers, or a queue, as it is at this moment. */
export interface Pool {
  readonly size: number
  readonly inUse: number
  readonly waiting: number
}

/** What is read at one moment; since the last time, or since it is watched. */
export interface ProcessReading extends ProcessUsage {
  /** Since the process began. */
  readonly cpuSeconds: number
  readonly loopDelayMedianSeconds: number
}

/** Watches until it is closed. */
export interface ProcessWatch {
  take(): ProcessReading
  close(): void
}

const NANO = 1e-9
/** Between two samples of the delay: a tenth of what anybody notices. */
const RESOLUTION_MS = 20

/** Begins to watch. A pool that cannot be read is left out. */
export function watchProcess(pools: Readonly<Record<string, () => Pool>> = {}): ProcessWatch {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let before = { at: performance.now(), cpu: cpuSeconds(), loop: performance.eventLoopUtilization() }
  return {
    take() {
      const now = { at: performance.now(), cpu: cpuSeconds(), loop: performance.eventLoopUtilization() }
      const seconds = Math.max(1e-3, (now.at - before.at) / 1000)
      const { rss, heapUsed } = process.memoryUsage()
      const reading = {
        cpu: (now.cpu - before.cpu) / seconds,
        cpuSeconds: now.cpu,
        memoryBytes: rss,
        heapBytes: heapUsed,
        loopBusy: performance.eventLoopUtilization(now.loop, before.loop).utilization,
        loopDelaySeconds: delay.percentile(99) * NANO,
        loopDelayMedianSeconds: delay.percentile(50) * NANO,
        pools: Object.entries(pools).flatMap(([name, read]) => poolNow(name, read)),
      }
      delay.reset()
      before = now
      return reading
    },
    close: () => void delay.disable(),
  }
}

/** What is reported of it. */
export function usageOf({
  cpuSeconds: _total,
  loopDelayMedianSeconds: _median,
  ...usage
}: ProcessReading): ProcessUsage {
  return usage
}

function poolNow(name: string, read: () => Pool): readonly PoolUsage[] {
  try {
    return [{ name, ...read() }]
  } catch {
    // A pool of the application that is closed already says nothing; it must not end the report.
    return []
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
