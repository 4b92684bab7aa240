/** Flags as callers see them. */
import type { Flag, FlagConfig } from '@flagmarshal/api/flag'
import { expiryOf } from '@flagmarshal/domain/flag/definition'
import type { Lifetime } from '@flagmarshal/domain/flag/definition'
import type { ServedConfig } from '@flagmarshal/domain/flag/edit'

import type { FlagConfigRow, FlagRow } from '../storage/flags.ts'

/** What an environment serves, as the engine knows it. */
export function servedConfig(row: FlagConfigRow): ServedConfig {
  return {
    enabled: row.enabled,
    offVariant: row.off_variant,
    ...(row.prerequisites.length === 0 ? {} : { prerequisites: row.prerequisites }),
    rules: row.rules,
    fallthrough: row.fallthrough,
  }
}

/** A configuration as the API shows it: it is written out, and changed by nobody. */
export function flagConfigView(row: FlagConfigRow): FlagConfig {
  return {
    environment: row.environment,
    enabled: row.enabled,
    offVariant: row.off_variant,
    ...(row.prerequisites.length === 0
      ? {}
      : { prerequisites: row.prerequisites as NonNullable<FlagConfig['prerequisites']> }),
    // The engine's types are read-only all the way down; the wire's are not.
    rules: row.rules as FlagConfig['rules'],
    fallthrough: row.fallthrough as FlagConfig['fallthrough'],
    revision: row.revision,
    environmentRevision: row.environment_revision,
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
  }
}

/** How long a flag should live. */
export function lifetimeOfRow(row: Pick<FlagRow, 'lifetime_days' | 'permanent_reason'>): Lifetime {
  return row.lifetime_days === null
    ? { permanentReason: row.permanent_reason ?? '' }
    : { days: row.lifetime_days }
}

/** A flag as the API shows it, with the configurations that are its own. */
export function flagView(row: FlagRow, configs: readonly FlagConfigRow[]): Flag {
  const expiresAt = expiryOf(lifetimeOfRow(row), row.created_at)
  return {
    key: row.key,
    name: row.name,
    kind: row.kind,
    valueType: row.value_type,
    variants: structuredClone(row.variants) as Flag['variants'],
    ...(row.value_schema === null ? {} : { schema: structuredClone(row.value_schema) as Flag['schema'] }),
    offVariant: row.off_variant,
    layers: [...row.layers],
    owner: row.owner,
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.lifetime_days === null ? {} : { lifetimeDays: row.lifetime_days }),
    ...(row.permanent_reason === null ? {} : { permanentReason: row.permanent_reason }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(row.archived_at === null ? {} : { archivedAt: row.archived_at.toISOString() }),
    links: [...row.links],
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    revision: row.revision,
    environments: configs.filter((it) => it.flag === row.key).map(flagConfigView),
  }
}

/** The definition alone, for the audit chain. */
export function definitionView(row: FlagRow): Omit<Flag, 'environments'> {
  const { environments: _, ...definition } = flagView(row, [])
  return definition
}
