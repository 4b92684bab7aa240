/**
 * Flags as the OpenFeature CLI pushes them (sync API v0): made off everywhere, never turned on here.
 */
import type {
  ArchivedManifestFlag,
  Manifest,
  ManifestFlagChange,
  NewManifestFlag,
  StoredManifestFlag,
} from '@flagmarshal/api/exchange'
import type { Flag, FlagChange, FlagConfig, NewFlag } from '@flagmarshal/api/flag'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Actor, Context } from '../context.ts'
import { archiveFlag, whyArchived } from '../flag/archive.ts'
import { changeFlag } from '../flag/change.ts'
import { configureFlag } from '../flag/configure.ts'
import { createFlag } from '../flag/create.ts'
import type { FlagParts } from '../flag/ports.ts'
import { getFlag } from '../flag/read.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectEnvironments } from '../storage/projects.ts'
import type { EnvironmentKey } from '../storage/snapshots.ts'
import { manifestOf } from './export.ts'

/**
 * Which environment a manifest is about: that of the key or, for a token of a project, the first one,
 * where flags are tried out. Refuses a token that belongs to no project.
 */
export async function manifestPlace(
  database: Database,
  { project, environment }: Actor,
): Promise<EnvironmentKey | Refusal> {
  if (project !== undefined && environment !== undefined) return { project, environment }
  const [first] = project === undefined ? [] : await selectEnvironments(database.kysely, project)
  if (project !== undefined && first !== undefined) return { project, environment: first.key }
  return refuse(
    'no-environment',
    'This address takes the project from the token, and this one belongs to none.',
    'Use a service token of the project.',
    '#/header/authorization',
  )
}

/** Creates a flag. Who pushes it answers for it until somebody else is named. Refuses a key that is taken. */
export async function createManifestFlag(
  context: Context,
  parts: FlagParts,
  key: EnvironmentKey,
  { key: flag, type, defaultValue, name = flag, description }: NewManifestFlag,
): Promise<StoredManifestFlag | Refusal> {
  const input: NewFlag = {
    key: flag,
    name,
    kind: 'release',
    valueType: valueTypeOf(type),
    ...variantsOf(defaultValue),
    layers: ['backend'],
    owner: context.actor.name,
    ...(description === undefined ? {} : { description }),
  }
  const made = await createFlag(context, parts, key.project, input)
  return isRefusal(made) ? made : await stored(context, parts, key, flag)
}

/**
 * Changes what a manifest says of a flag. Another default is another off variant of this environment,
 * which is added where the flag has none with that value; other environments serve what they served.
 */
export async function changeManifestFlag(
  context: Context,
  parts: FlagParts,
  key: EnvironmentKey & { readonly flag: string },
  change: ManifestFlagChange,
): Promise<StoredManifestFlag | Refusal> {
  const { project, environment, flag } = key
  const before = await getFlag(parts.database, project, flag)
  if (isRefusal(before)) return before
  const { archivedAt } = before
  const archived = whyArchived({
    key: flag,
    archived_at: archivedAt === undefined ? null : new Date(archivedAt),
  })
  if (archived !== undefined) return archived
  const config = before.environments.find((it) => it.environment === environment)
  if (config === undefined) return notFound('environment', environment)
  if (change.type !== undefined && valueTypeOf(change.type) !== before.valueType) {
    const remedy = 'Make another flag, and archive this one when nobody asks for it.'
    return refuse(
      'type-changed',
      `${flag} is a ${before.valueType} flag, and a type never changes.`,
      remedy,
      '/type',
    )
  }
  const { definition, offVariant } = changeOf(before, config, change)
  if (Object.keys(definition).length > 0) {
    const wanted = { change: definition, ifMatch: before.revision }
    const changed = await changeFlag(context, parts, key, wanted)
    if (isRefusal(changed)) return changed
  }
  if (offVariant !== undefined) {
    const { enabled, prerequisites, rules, fallthrough } = config
    const wanted = { enabled, prerequisites, rules, fallthrough, offVariant }
    const configured = await configureFlag(context, parts, key, { change: wanted, ifMatch: config.revision })
    if (isRefusal(configured)) return configured
  }
  return await stored(context, parts, key, flag)
}

/** Archives a flag; it is restored where flags are. Refuses while it is on somewhere, or others ask for it. */
export async function archiveManifestFlag(
  context: Context,
  { database }: Pick<FlagParts, 'database'>,
  { project, flag }: { readonly project: string; readonly flag: string },
): Promise<ArchivedManifestFlag | Refusal> {
  const reason = 'deleted by way of the OpenFeature manifest'
  const archived = await archiveFlag(context, database, { project, flag, reason })
  if (isRefusal(archived)) return archived
  return {
    message: `${flag} is archived, and serves its off variant.`,
    archivedAt: context.now.toISOString(),
  }
}

function changeOf(
  { variants }: Flag,
  { offVariant }: FlagConfig,
  { name, description, defaultValue }: ManifestFlagChange,
): { readonly definition: FlagChange; readonly offVariant?: string } {
  const said: FlagChange = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
  }
  if (defaultValue === undefined || canonical(variants[offVariant]) === canonical(defaultValue))
    return { definition: said }
  const same = Object.entries(variants).find(([, value]) => canonical(value) === canonical(defaultValue))
  if (same !== undefined) return { definition: said, offVariant: same[0] }
  const added = freeName(variants)
  return { definition: { ...said, variants: { ...variants, [added]: defaultValue } }, offVariant: added }
}

function freeName(variants: Flag['variants']): string {
  let n = 2
  while (Object.hasOwn(variants, `default-${n}`)) n++
  return `default-${n}`
}

function valueTypeOf(type: NewManifestFlag['type']): NewFlag['valueType'] {
  return type === 'integer' || type === 'float' ? 'number' : type
}

function variantsOf(value: NewManifestFlag['defaultValue']): Pick<NewFlag, 'variants' | 'offVariant'> {
  return typeof value === 'boolean'
    ? { variants: { on: true, off: false }, offVariant: value ? 'on' : 'off' }
    : { variants: { default: value }, offVariant: 'default' }
}

async function stored(
  { now }: Context,
  parts: FlagParts,
  key: EnvironmentKey,
  flag: string,
): Promise<StoredManifestFlag> {
  const { flags }: Manifest = await manifestOf(parts, key)
  const found = flags.find((it) => it.key === flag)
  if (found === undefined) throw new Error(`flag ${flag} was stored and is not there`)
  return { flag: found, updatedAt: now.toISOString() }
}
