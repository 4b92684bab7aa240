/** What an environment serves, in the formats of other tools. */
import type { Export, FlagdDefinition, Manifest } from '@flagmarshal/api/exchange'
import { flagdExport } from '@flagmarshal/domain/exchange/flagd-export'
import { manifestFlag } from '@flagmarshal/domain/exchange/manifest'
import type { ReportLine } from '@flagmarshal/domain/exchange/report'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { EnvironmentState } from '../delivery/environment-state.ts'
import type { Environments } from '../delivery/environments.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectFlagConfigs, selectFlags } from '../storage/flags.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'

interface ExportParts {
  readonly database: Database
  readonly delivery: { readonly environments: Environments }
}

interface FlagdExport {
  readonly definition: FlagdDefinition
  readonly report: readonly ReportLine[]
}

/** The file's schema, as the OpenFeature CLI writes it. */
const MANIFEST_SCHEMA =
  'https://raw.githubusercontent.com/open-feature/cli/refs/heads/main/schema/v0/flag-manifest.json'

/** Made once for each revision of an environment. */
const made = new WeakMap<EnvironmentState, FlagdExport>()

/** The flagd definition of an environment, with its revision. */
export async function flagdDefinition(
  { delivery }: Pick<ExportParts, 'delivery'>,
  key: EnvironmentKey,
): Promise<(FlagdExport & { readonly revision: number }) | Refusal> {
  const state = await delivery.environments.get(key)
  return state === undefined ? notFound('environment', key.environment) : definitionOf(state)
}

/** The flags of an environment as a manifest, by key. */
export async function manifestOf(
  { database }: Pick<ExportParts, 'database'>,
  { project, environment }: EnvironmentKey,
): Promise<Manifest> {
  const [flags, configs] = await Promise.all([
    selectFlags(database.kysely, project),
    selectFlagConfigs(database.kysely, project),
  ])
  const offVariants = new Map(
    configs.filter((it) => it.environment === environment).map((it) => [it.flag, it.off_variant]),
  )
  return {
    flags: flags.flatMap((row) => {
      const offVariant = offVariants.get(row.key)
      // What is archived is not for new code.
      if (offVariant === undefined || row.archived_at !== null) return []
      const { type, defaultValue } = manifestFlag({
        valueType: row.value_type,
        variants: row.variants,
        offVariant,
      })
      return [
        {
          key: row.key,
          name: row.name,
          type,
          ...(row.description === null ? {} : { description: row.description }),
          // The engine's type is read-only all the way down; the wire's is not.
          defaultValue: defaultValue as Manifest['flags'][number]['defaultValue'],
        },
      ]
    }),
  }
}

/** An export with its report, with everything that was committed before the call. */
export async function exportFlags(
  parts: ExportParts,
  key: EnvironmentKey,
  format: 'flagd' | 'manifest',
): Promise<Export | Refusal> {
  const state = await parts.delivery.environments.fresh(key)
  if (state === undefined) return notFound('environment', key.environment)
  if (format === 'flagd') {
    const { definition, report } = definitionOf(state)
    return { document: definition, report: [...report] }
  }
  const { flags } = await manifestOf(parts, key)
  const document = {
    $schema: MANIFEST_SCHEMA,
    flags: Object.fromEntries(
      flags.map(({ key: flag, type: flagType, description, defaultValue }) => [
        flag,
        { flagType, defaultValue, ...(description === undefined ? {} : { description }) },
      ]),
    ),
  }
  return { document, report: [] }
}

/** The flagd definition of what is in memory, made once for each revision. */
export function definitionOf(state: EnvironmentState): FlagdExport & { readonly revision: number } {
  const { snapshot } = state
  let it = made.get(state)
  if (it === undefined) {
    const { definition, report } = flagdExport(snapshot)
    // The engine's types are read-only all the way down; the wire's are not.
    it = { definition: definition as FlagdDefinition, report }
    made.set(state, it)
  }
  return { ...it, revision: snapshot.revision }
}
