/** Flags, segments, and what each environment serves of them. */
import type {
  Condition,
  FlagKind,
  VariantValue,
  JsonObject,
  Layer,
  Prerequisite,
  Rule,
  Serve,
  ValueType,
} from '@flagmarshal/evaluation'
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

export interface FlagTables {
  environment_revisions: {
    project: string
    environment: string
    revision: number
    changed_at: Instant
  }
  flags: {
    project: string
    key: string
    name: string
    kind: FlagKind
    value_type: ValueType
    variants: JsonColumn<Readonly<Record<string, VariantValue>>>
    /** JSON Schema of the variants. */
    value_schema: JsonColumn<JsonObject | null>
    off_variant: string
    /** It was given up: it is off everywhere and stays so. */
    archived_at: Generated<Date | null>
    archived_by: Generated<string | null>
    layers: readonly Layer[]
    owner: string
    description: string | null
    /** One of these two is set. */
    lifetime_days: number | null
    permanent_reason: string | null
    links: JsonColumn<{ readonly name: string; readonly url: string }[]>
    revision: number
    created_at: Instant
    created_by: string
  }
  flag_configs: {
    project: string
    environment: string
    flag: string
    enabled: boolean
    off_variant: string
    prerequisites: JsonColumn<readonly Prerequisite[]>
    rules: JsonColumn<readonly Rule[]>
    fallthrough: JsonColumn<Serve>
    revision: number
    /** The environment's revision that brought this row, or the flag's variants, to what they are. */
    environment_revision: number
    updated_at: Instant
    updated_by: string
  }
  segments: {
    project: string
    key: string
    name: string
    description: string | null
    created_at: Instant
    created_by: string
  }
  segment_configs: {
    project: string
    environment: string
    segment: string
    condition: JsonColumn<Condition | null>
    include: readonly string[]
    exclude: readonly string[]
    revision: number
    environment_revision: number
  }
  personas: {
    project: string
    key: string
    name: string
    context: JsonColumn<Readonly<Record<string, unknown>>>
    saved_at: Instant
    saved_by: string
  }
}
