/**
 * Puts every change of a rollout on its dashboard. A decision is noted as shown after Grafana took it,
 * so one is never left out; a server that dies in between shows it twice.
 */
import type { Clock } from '../clock.ts'
import { openConnection } from '../connection/read.ts'
import type { Log } from '../context.ts'
import { startTask } from '../delivery/task.ts'
import type { Stop } from '../storage/database.ts'
import { noteAnnotated, selectDashboards } from '../storage/monitoring-setups.ts'
import type { SetupRow } from '../storage/monitoring-setups.ts'
import { selectLatestAttempt } from '../storage/monitoring.ts'
import { selectDecisions } from '../storage/rollout-decisions.ts'
import type { MonitoringParts } from './parts.ts'
import { addressOf } from './set-up.ts'

const EVERY_MS = 2_000
/** Of one rollout at a time; the rest follows. */
const LIMIT = 50

/** Starts; ends with what it answers. */
export function startAnnotating(parts: MonitoringParts & { readonly clock: Clock; readonly log: Log }): Stop {
  const { clock, log, database } = parts
  const task = startTask({ name: 'annotations', everyMs: EVERY_MS, clock, log }, async () => {
    for (const setup of await selectDashboards(database.kysely)) {
      await annotate(parts, setup).catch((error: unknown) =>
        log.warn({ err: error, flag: setup.flag }, 'a dashboard was not annotated'),
      )
    }
  })
  return () => task.stop()
}

async function annotate({ database, safe, monitoring }: MonitoringParts, setup: SetupRow): Promise<void> {
  const { project, environment, flag, dashboard } = setup
  const key = { project, environment, flag }
  const attempt = await selectLatestAttempt(database.kysely, key)
  if (attempt === undefined || dashboard === null) return
  const after = setup.annotated_rollout === attempt.id ? setup.annotated_seq : 0
  const decisions = await selectDecisions(database.kysely, attempt.id, { after, limit: LIMIT })
  if (decisions.length === 0) return
  const at = { project, connection: setup.connection }
  const connection = await openConnection(database.kysely, safe, at)
  const address = connection && addressOf(connection, 'grafana')
  if (address === undefined) return
  for (const decision of decisions) {
    const answer = await monitoring.dashboards.annotate(address, {
      uid: dashboard.uid,
      at: decision.at,
      tags: ['flagmarshal', `flag:${flag}`, `environment:${environment}`, decision.kind],
      text: `${flag}: ${decision.kind}, ${decision.from.kind} → ${decision.to.kind}, by ${decision.by}`,
    })
    // Asked again at the next look.
    if (answer.kind === 'failed') return
    await noteAnnotated(database.kysely, key, { rollout: attempt.id, seq: decision.seq })
  }
}
