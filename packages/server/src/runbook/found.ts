/**
 * What is found when documents are published and is no part of what is approved: whether the flag is
 * on, which applications are connected, which keys there are (P-S6-7). It stands in the header.
 */
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'

import { selectKeys } from '../storage/access.ts'
import type { Queries } from '../storage/database.ts'
import { selectInstances } from '../storage/instances.ts'
import type { Provenance } from './copy.ts'

/** Instances that are looked at for each environment. */
const MOST_INSTANCES = 500

/** The rows for the header of the flag configuration. */
export async function findNow(
  queries: Queries,
  project: string,
  facts: FlagRolloutFacts,
): Promise<Provenance['found']> {
  const environments = facts.environments.map((it) => it.key)
  const states = (facts.flag?.configurations ?? []).map(
    (it) => `${it.environment}: ${it.flag.enabled ? 'on' : 'off'}`,
  )
  const connected = await Promise.all(
    environments.map(async (environment) => {
      const rows = await selectInstances(queries, { project, environment }, MOST_INSTANCES)
      const seen = rows.map((it) => `${it.application} (${(it.description?.layers ?? []).join(', ')})`)
      return [...new Set(seen)].toSorted().map((it) => `${environment}: ${it}`)
    }),
  )
  const keys = (await selectKeys(queries, project)).map(
    (it) => `${it.environment ?? ''}: ${it.name} (${it.kind})`,
  )
  return {
    'flag-configuration': [
      ['State when published', states.join('; ') || 'there is no flag'],
      ['Applications seen', connected.flat().join('; ') || 'none within a week'],
      ['Keys', keys.toSorted().join('; ') || 'none'],
    ],
  }
}
