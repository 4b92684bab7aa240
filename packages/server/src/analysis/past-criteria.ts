/**
 * What criteria counted in the latest days, in which nobody was exposed: what a plan is tried on where
 * its criteria are not counted by the built-in telemetry.
 */
import { measuredOf } from '@flagmarshal/domain/rollout/position'
import type { ServedPlan } from '@flagmarshal/domain/rollout/served-plan'
import type { ElsewhereHistory } from '@flagmarshal/domain/rollout/tried-history'

import { openConnection } from '../connection/read.ts'
import type { Queries } from '../storage/database.ts'
import { latestEnd, prometheusAt, sourceLagMs } from './sources.ts'
import type { SourceParts } from './sources.ts'

const MINUTE_MS = 60_000

/** Reads the past of each criterion of a plan that Prometheus counts, up to the latest minute that is complete. */
export async function readPast(
  queries: Queries,
  parts: SourceParts,
  { project, plan, lengthMs }: Past,
  now: Date,
): Promise<readonly ElsewhereHistory[]> {
  const { environment, control } = plan
  const histories = measuredOf(plan).map(async (criterion): Promise<readonly ElsewhereHistory[]> => {
    const { id, source, mean } = criterion
    if (source.kind === 'resources')
      return [{ criterion: id, kind: 'left', why: 'a resource is of a service and has no arms' }]
    if (source.kind !== 'prometheus') return []
    const key = source.connection
    const connection = await openConnection(queries, parts.safe, { project, connection: key })
    const opened = prometheusAt(parts, connection, { key, environment })
    if ('fault' in opened) return [{ criterion: id, kind: 'left', why: opened.fault }]
    const to = latestEnd(now, MINUTE_MS, sourceLagMs(opened.settings, MINUTE_MS))
    const question = { source, mean: mean !== undefined, control, to, lengthMs }
    return [{ criterion: id, ...(await opened.prometheus.past(question)) }]
  })
  return (await Promise.all(histories)).flat()
}

interface Past {
  readonly project: string
  readonly plan: ServedPlan
  readonly lengthMs: number
}
