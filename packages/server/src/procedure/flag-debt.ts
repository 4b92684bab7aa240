/** The flags of a project that should be gone. */
import type { FlagDebt } from '@flagmarshal/api/debt'
import { debtOf } from '@flagmarshal/domain/flag/debt'
import type { FlagRecord } from '@flagmarshal/domain/flag/debt'
import type { Run } from '@flagmarshal/domain/procedure/run'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectFlag, selectFlagConfigs } from '../storage/flags.ts'
import { selectFeatures, selectLatestRun } from '../storage/procedures.ts'
import type { FeatureRow } from '../storage/procedures.ts'
import { selectProject } from '../storage/projects.ts'
import { selectCodeReferences } from '../storage/references.ts'
import { outputsOf } from './facts.ts'
import { parseRun } from './run-document.ts'

/** All of them, the oldest debt first. */
export async function listFlagDebt(
  { now }: Context,
  { kysely }: Database,
  project: string,
): Promise<readonly FlagDebt[] | Refusal> {
  if ((await selectProject(kysely, project)) === undefined) return notFound('project', project)
  const found: FlagDebt[] = []
  for (const feature of await selectFeatures(kysely, project)) {
    const debt = await debtOfFeature(kysely, feature, now)
    if (debt !== undefined) found.push(debt)
  }
  return found.toSorted((a, b) => a.since.localeCompare(b.since))
}

async function debtOfFeature(
  queries: Queries,
  feature: FeatureRow,
  now: Date,
): Promise<FlagDebt | undefined> {
  const { project, key, flag } = feature
  const row = await selectLatestRun(queries, project, key)
  const stored = await selectFlag(queries, project, flag)
  if (row === undefined || stored === undefined) return undefined
  const debt = debtOf(recordOf(stored.owner, parseRun(row.run)), now)
  if (debt === undefined) return undefined
  const configs = await selectFlagConfigs(queries, project, flag)
  const code = (await selectCodeReferences(queries, project)).filter((it) => it.flag === flag)
  return {
    ...debt,
    flag,
    since: debt.since.toISOString(),
    feature: key,
    run: row.id,
    references: code.reduce((sum, it) => sum + it.refs.length, 0),
    enabledIn: configs.filter((it) => it.enabled).map((it) => it.environment),
  }
}

function recordOf(owner: string, run: Run): FlagRecord {
  const { life } = outputsOf(run).strategy
  const { abort } = run
  return {
    owner,
    ...(life === undefined ? {} : { life }),
    ...(abort === undefined ? {} : { aborted: { at: abort.at, cause: abort.cause } }),
  }
}
