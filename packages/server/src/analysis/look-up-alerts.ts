/**
 * The rules behind the alerts that set a rollback off (P-S5-1): asked of every Prometheus that is
 * connected for the plan's environment, and linked in the evidence. A rule that is loaded nowhere
 * never sends the alert that the trigger waits for.
 */
import type { AlertLookup, AlertRuleFound } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'

import { openConnections } from '../connection/read.ts'
import type { OpenConnection } from '../connection/read.ts'
import type { Queries } from '../storage/database.ts'
import { prometheusAt } from './sources.ts'
import type { SourceParts } from './sources.ts'

/** Looks rules up by the names of their alerts. */
export async function lookUpAlerts(
  queries: Queries,
  sources: SourceParts,
  { project, environment }: { readonly project: string; readonly environment: string | undefined },
  names: readonly string[],
): Promise<AlertLookup> {
  const connections = (await openConnections(queries, sources.safe, project)).filter(
    (it) => it.environment === undefined || it.environment === environment,
  )
  const found = await Promise.all(connections.map(async (it) => await rulesIn(sources, it, names)))
  return {
    rules: found.flatMap((it) => it.rules),
    asked: found.flatMap((it) => it.asked),
    failed: found.flatMap((it) => it.failed),
  }
}

async function rulesIn(
  sources: SourceParts,
  connection: OpenConnection,
  names: readonly string[],
): Promise<AlertLookup> {
  const { key } = connection
  const opened = prometheusAt(sources, connection, { key })
  if ('fault' in opened) return { rules: [], asked: [], failed: [`${key}: ${opened.fault}`] }
  const answer = await opened.prometheus.rules()
  if (answer.kind === 'failed') return { rules: [], asked: [], failed: [`${key}: ${answer.why}`] }
  const rules = answer.value
    .filter(({ name }) => names.includes(name))
    .map(({ name, group, file, query, health }): AlertRuleFound => {
      const link = new URL(`${opened.settings.url.replace(/\/+$/, '')}/graph`)
      link.searchParams.set('g0.expr', query)
      return { alert: name, connection: key, group, file, query, health, link: link.href }
    })
  return { rules, asked: [key], failed: [] }
}
