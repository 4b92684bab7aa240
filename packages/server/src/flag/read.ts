/** Reading flags. */
import type { Flag, FlagConfig } from '@flagmarshal/api/flag'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectFlag, selectFlagConfig, selectFlagConfigs, selectFlags } from '../storage/flags.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectProject } from '../storage/projects.ts'
import { flagConfigView, flagView } from './view.ts'

/** All flags of a project, by key. */
export async function listFlags(database: Database, project: string): Promise<Flag[] | Refusal> {
  if ((await selectProject(database.kysely, project)) === undefined) return notFound('project', project)
  const [flags, configs] = await Promise.all([
    selectFlags(database.kysely, project),
    selectFlagConfigs(database.kysely, project),
  ])
  const byFlag = Map.groupBy(configs, (config) => config.flag)
  return flags.map((row) => flagView(row, byFlag.get(row.key) ?? []))
}

/** One flag with what each environment serves of it. */
export async function getFlag(database: Database, project: string, key: string): Promise<Flag | Refusal> {
  const row = await selectFlag(database.kysely, project, key)
  if (row === undefined) return notFound('flag', key)
  return flagView(row, await selectFlagConfigs(database.kysely, project, key))
}

/** What one environment serves of a flag. */
export async function getFlagConfig(database: Database, key: FlagConfigKey): Promise<FlagConfig | Refusal> {
  const row = await selectFlagConfig(database.kysely, key)
  return row === undefined ? noConfig(key) : flagConfigView(row)
}

/** There is no such flag, or no such environment. */
export function noConfig({ flag, environment }: FlagConfigKey): Refusal {
  return notFound('flag', `${flag} in ${environment}`)
}
