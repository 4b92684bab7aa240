/** Creating a flag: off in every environment. */
import type { Flag, NewFlag } from '@flagmarshal/api/flag'
import { lifetimeOf, variantFaults } from '@flagmarshal/domain/flag/definition'
import { initialConfig } from '@flagmarshal/domain/flag/edit'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { flagKeyTaken, notFound } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Tx } from '../storage/database.ts'
import {
  bumpRevision,
  insertFlag,
  insertFlagConfigs,
  selectFlag,
  selectFlagConfigs,
} from '../storage/flags.ts'
import { selectEnvironments, selectProject } from '../storage/projects.ts'
import { selectFlagKeys } from '../storage/references.ts'
import { invalid } from './invalid.ts'
import type { FlagParts } from './ports.ts'
import { schemaFaults } from './value-schema.ts'
import { flagView } from './view.ts'

/** Creates a flag. Refuses a key that is taken and variants that do not fit together. */
export async function createFlag(
  context: Context,
  { database, flagPorts }: FlagParts,
  project: string,
  input: NewFlag,
): Promise<Flag | Refusal> {
  const refusal = invalid([...variantFaults(input), ...schemaFaults(input), ...lifetimeFaults(input)])
  if (refusal !== undefined) return refusal

  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    if (!(await insertFlag(tx, flagRow(context, project, input))))
      return flagKeyTaken('flag', input.key, await selectFlagKeys(tx, project))
    const environments = await insertConfigs(tx, context, project, input)
    const row = await selectFlag(tx, project, input.key)
    if (row === undefined) throw new Error(`flag ${input.key} was inserted and is not there`)
    const view = flagView(row, await selectFlagConfigs(tx, project, input.key))
    await flagPorts.onFlagChanged(tx, context, {
      project,
      flags: [input.key],
      environments,
      what: 'definition',
    })
    await record(tx, context, {
      chain: { project },
      action: 'flag.create',
      subject: { kind: 'flag', id: input.key },
      after: view,
    })
    return view
  })
}

function lifetimeFaults(input: NewFlag) {
  if (input.lifetimeDays === undefined || input.permanentReason === undefined) return []
  return [{ pointer: '/permanentReason', message: 'A flag is permanent or has a lifetime, not both.' }]
}

function flagRow(context: Context, project: string, input: NewFlag) {
  const lifetime = lifetimeOf(input.kind, input)
  return {
    project,
    key: input.key,
    name: input.name,
    kind: input.kind,
    value_type: input.valueType,
    variants: toJson(input.variants),
    off_variant: input.offVariant,
    value_schema: toJson(input.schema ?? null),
    layers: input.layers,
    owner: input.owner,
    description: input.description ?? null,
    lifetime_days: 'days' in lifetime ? lifetime.days : null,
    permanent_reason: 'days' in lifetime ? null : lifetime.permanentReason,
    links: toJson(input.links ?? []),
    revision: 1,
    created_at: context.now,
    created_by: context.actor.id,
  }
}

/** The keys of the environments, in the order in which their revisions are locked. */
async function insertConfigs(tx: Tx, context: Context, project: string, input: NewFlag): Promise<string[]> {
  const environments = (await selectEnvironments(tx, project)).map((it) => it.key).toSorted()
  const config = initialConfig(input.offVariant)
  const rows = []
  for (const environment of environments) {
    rows.push({
      project,
      environment,
      flag: input.key,
      enabled: config.enabled,
      off_variant: config.offVariant,
      prerequisites: toJson(config.prerequisites ?? []),
      rules: toJson(config.rules),
      fallthrough: toJson(config.fallthrough),
      revision: 1,
      environment_revision: await bumpRevision(tx, project, environment),
      updated_at: context.now,
      updated_by: context.actor.id,
    })
  }
  await insertFlagConfigs(tx, rows)
  return environments
}
