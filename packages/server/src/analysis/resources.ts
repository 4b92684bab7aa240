/** Resources of services, as the SDKs have reported them. */
import type { ResourceUse } from '@flagmarshal/api/resource'
import type { MetricTrial } from '@flagmarshal/domain/analysis/metric'
import type { Measurement } from '@flagmarshal/domain/analysis/model'
import { limitedBy, unitOf } from '@flagmarshal/domain/analysis/resource'
import type { ResourceLimit } from '@flagmarshal/domain/analysis/resource'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { MetricSource } from '../integrations/interfaces.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { databaseNow } from '../storage/flags.ts'
import { selectProcessSamples, selectResourceUse } from '../storage/process-samples.ts'
import type { ProcessSample } from '../storage/process-samples.ts'
import { selectEnvironments } from '../storage/projects.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

const MINUTE_MS = 60_000
/** What is kept. */
const MOST_MINUTES = 2 * 24 * 60
const USUAL_MINUTES = 5

/** What each instance of an environment has used in the latest minutes. */
export async function listResources(
  { kysely }: Pick<Database, 'kysely'>,
  key: EnvironmentKey,
  minutes = USUAL_MINUTES,
): Promise<ResourceUse[] | Refusal> {
  const environments = await selectEnvironments(kysely, key.project)
  if (!environments.some((it) => it.key === key.environment)) return notFound('environment', key.environment)
  const used = await usedIn(kysely, key, Math.min(minutes, MOST_MINUTES))
  return used.map((it) => ({ ...it, unit: unitOf(it.resource) }))
}

/** Asks for a resource before anything rests on it. */
export async function tryResource(
  queries: Queries,
  key: EnvironmentKey,
  { name, counted }: { readonly name: string; readonly counted: ResourceLimit },
): Promise<MetricTrial> {
  const found = limitedBy(counted, await usedIn(queries, key, USUAL_MINUTES))
  if (found.length === 0) {
    const of = counted.service === undefined ? '' : ` of ${counted.service}`
    const detail = `no instance${of} has reported ${counted.resource} in the latest minutes`
    return { of: name, kind: 'empty', detail }
  }
  const above = found.filter((it) => it.latest > counted.limit).length
  const more = above > 0 ? `, ${above} above the limit` : ''
  return { of: name, kind: 'ok', detail: `${found.length} instances${more}` }
}

async function usedIn(queries: Queries, key: EnvironmentKey, minutes: number) {
  const now = await databaseNow(queries)
  return await selectResourceUse(queries, key, new Date(now.getTime() - minutes * MINUTE_MS))
}

/** How old a sample may be at the end of a window: three reports of an SDK. */
const FRESH_MS = 30_000

/** What the SDKs report, as a source of metrics: of each window the instances, and those above the limit. */
export function resourceSource(queries: Queries, key: EnvironmentKey): MetricSource {
  return {
    async measure({ criterion, source, audiences, ends }) {
      if (source.kind !== 'resources') throw new Error('this source is what processes use')
      const [first, last] = [ends[0], ends.at(-1)]
      if (first === undefined || last === undefined) return []
      const since = new Date(first.getTime() - FRESH_MS)
      const samples = (await selectProcessSamples(queries, key, { since, until: last })).filter(
        (it) => source.service === undefined || it.service === source.service,
      )
      const audience = audiences[0] ?? 'everybody'
      return ends.map((end): Measurement => {
        const now = latestAt(samples, end).flatMap((it) => it.used[source.resource] ?? [])
        if (now.length === 0)
          return { criterion, kind: 'empty', detail: `no instance has reported ${source.resource}` }
        const x = now.filter((value) => value > source.limit).length
        const exposed = { n: now.length, x }
        return { criterion, kind: 'ok', audiences: [{ audience, exposed, control: { n: 0, x: 0 } }] }
      })
    },
  }
}

/** The latest sample of each instance that is not too old. */
function latestAt(samples: readonly ProcessSample[], end: Date): readonly ProcessSample[] {
  const latest = new Map<string, ProcessSample>()
  for (const sample of samples) {
    const age = end.getTime() - sample.at.getTime()
    if (age >= 0 && age < FRESH_MS) latest.set(sample.instance, sample)
  }
  return [...latest.values()]
}
