/**
 * Resources of a service as the SDKs report them (P-S4-11): one number for each instance, compared
 * with a limit and never between arms.
 */
import type { ProcessUsage } from '@flagmarshal/evaluation'

/** What every process reports; pools and queues have names of their own. */
export const PROCESS_RESOURCES = ['cpu', 'memory', 'heap', 'event-loop-delay', 'event-loop-busy'] as const

/** What a number means. */
export type ResourceUnit = 'cores' | 'bytes' | 'seconds' | 'share' | 'count'

/** Names of resources: those of the process, `pool:<name>` (share in use) and `queue:<name>` (what waits). */
export const RESOURCE_NAME = /^(?:cpu|memory|heap|event-loop-delay|event-loop-busy|(?:pool|queue):.{1,128})$/

/** By resource: what an instance uses. */
export type ResourceValues = Readonly<Record<string, number>>

/** What a report says of each resource. */
export function resourcesOf(usage: ProcessUsage): ResourceValues {
  return {
    cpu: usage.cpu,
    memory: usage.memoryBytes,
    heap: usage.heapBytes,
    'event-loop-delay': usage.loopDelaySeconds,
    'event-loop-busy': usage.loopBusy,
    ...Object.fromEntries(
      usage.pools.flatMap(({ name, size, inUse, waiting }) => [
        [`pool:${name}`, size >= 1 ? inUse / size : 0],
        [`queue:${name}`, waiting],
      ]),
    ),
  }
}

/** The unit of a resource. */
export function unitOf(resource: string): ResourceUnit {
  if (resource === 'cpu') return 'cores'
  if (resource === 'memory' || resource === 'heap') return 'bytes'
  if (resource === 'event-loop-delay') return 'seconds'
  return resource.startsWith('queue:') ? 'count' : 'share'
}

/** A resource in the latest minutes, of one instance. */
export interface ResourceUse {
  readonly service: string
  readonly instance: string
  readonly resource: string
  readonly latest: number
  readonly mean: number
  readonly highest: number
}

/** A limit on a resource: of one service, or of every one that reports it. */
export interface ResourceLimit {
  readonly resource: string
  readonly service?: string
  readonly limit: number
}

/** What is compared with a limit. */
export function limitedBy(
  { resource, service }: ResourceLimit,
  used: readonly ResourceUse[],
): readonly ResourceUse[] {
  return used.filter((it) => it.resource === resource && (service === undefined || it.service === service))
}
