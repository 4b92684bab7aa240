/** Changing the definition of a flag. New variants or values reach every environment. */
import type { Flag, FlagChange } from '@flagmarshal/api/flag'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { missingForOthers, missingVariants, variantFaults } from '@flagmarshal/domain/flag/definition'
import { variantsNeedGate } from '@flagmarshal/domain/flag/enable'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { notFound, stale } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Tx } from '../storage/database.ts'
import {
  bumpRevision,
  lockFlag,
  lockFlagConfigs,
  selectAskingFor,
  selectFlagConfigs,
  touchFlagConfig,
  updateFlag,
} from '../storage/flags.ts'
import type { FlagConfigRow, FlagRow } from '../storage/flags.ts'
import { whyArchived } from './archive.ts'
import { closedGate } from './gate.ts'
import { invalid } from './invalid.ts'
import type { FlagParts, FlagPorts } from './ports.ts'
import { schemaFaults } from './value-schema.ts'
import { definitionView, flagView, servedConfig } from './view.ts'

/** A change as somebody wants it, and the revision that they have seen. */
export interface WantedChange {
  readonly change: FlagChange
  readonly ifMatch: number
}

/** Changes a definition. Refuses a stale revision, variants that are in use and left out, and a closed gate where a served value would change. */
export async function changeFlag(
  context: Context,
  { database, flagPorts }: FlagParts,
  flag: { readonly project: string; readonly flag: string },
  wanted: WantedChange,
): Promise<Flag | Refusal> {
  const { project, flag: key } = flag
  return await database.transaction(async (tx) => {
    const row = await lockFlag(tx, project, key)
    if (row === undefined) return notFound('flag', key)
    const archived = whyArchived(row)
    if (archived !== undefined) return archived
    if (row.revision !== wanted.ifMatch)
      return stale(`flag ${key}`, flagView(row, await selectFlagConfigs(tx, project, key)))

    const { change } = wanted
    const { variants } = change
    const served = variants !== undefined && canonical(variants) !== canonical(row.variants)
    const environments = served ? await lockFlagConfigs(tx, project, key) : []
    const refusal =
      invalid([
        ...lifetimeFaults(change),
        ...variantsFaults(row, change, environments),
        ...schemaFaults({
          schema: change.schema === undefined ? row.value_schema : change.schema,
          variants: variants ?? row.variants,
        }),
        ...(variants === undefined
          ? []
          : missingForOthers(key, variants, await selectAskingFor(tx, project, key))),
      ]) ??
      (variants === undefined
        ? undefined
        : await closedFor(tx, context, flagPorts, { row, variants, environments }))
    if (refusal !== undefined) return refusal

    const stored = await updateFlag(tx, project, key, columnsOf(change))
    for (const { environment } of environments) {
      const revision = await bumpRevision(tx, project, environment)
      await touchFlagConfig(tx, { project, environment, flag: key }, revision)
    }
    await flagPorts.onFlagChanged(tx, context, {
      project,
      flags: [key],
      environments: environments.map(({ environment }) => environment),
      what: 'definition',
    })
    const view = flagView(stored, await selectFlagConfigs(tx, project, key))
    await record(tx, context, {
      chain: { project },
      action: 'flag.change',
      subject: { kind: 'flag', id: key },
      before: definitionView(row),
      after: definitionView(stored),
    })
    return view
  })
}

function lifetimeFaults(change: FlagChange) {
  if (change.lifetimeDays === undefined || change.permanentReason === undefined) return []
  return [{ pointer: '/permanentReason', message: 'A flag is permanent or has a lifetime, not both.' }]
}

function variantsFaults(row: FlagRow, { variants }: FlagChange, environments: readonly FlagConfigRow[]) {
  if (variants === undefined) return []
  const configs = environments.map((it) => ({ ...servedConfig(it), environment: it.environment }))
  return [
    ...variantFaults({ valueType: row.value_type, variants, offVariant: row.off_variant }),
    ...missingVariants(variants, configs),
  ]
}

async function closedFor(
  tx: Tx,
  context: Context,
  ports: FlagPorts,
  change: {
    readonly row: FlagRow
    readonly variants: NonNullable<FlagChange['variants']>
    readonly environments: readonly FlagConfigRow[]
  },
): Promise<Refusal | undefined> {
  const { row, variants, environments } = change
  for (const config of environments) {
    if (!variantsNeedGate(row.variants, variants, servedConfig(config))) continue
    const { project, environment, flag } = config
    const key = { project, environment, flag }
    const closed = await closedGate(tx, context, ports, { key, what: 'values' })
    if (closed !== undefined) return closed
  }
  return undefined
}

/** What is left out stays as it is; one kind of lifetime takes the place of the other. */
function columnsOf(change: FlagChange) {
  const { name, variants, schema, layers, owner, description, lifetimeDays, permanentReason, links } = change
  return {
    ...(name === undefined ? {} : { name }),
    ...(variants === undefined ? {} : { variants: toJson(variants) }),
    ...(schema === undefined ? {} : { value_schema: toJson(schema) }),
    ...(layers === undefined ? {} : { layers }),
    ...(owner === undefined ? {} : { owner }),
    ...(description === undefined ? {} : { description }),
    ...(lifetimeDays === undefined ? {} : { lifetime_days: lifetimeDays, permanent_reason: null }),
    ...(permanentReason === undefined ? {} : { lifetime_days: null, permanent_reason: permanentReason }),
    ...(links === undefined ? {} : { links: toJson(links) }),
  }
}
