/**
 * What every importer gives back, whatever format it reads, and what all of them need for it.
 */
import { compile, isOfType } from '@flagmarshal/evaluation'
import type {
  Engines,
  Flag,
  FlagKind,
  FlagValue,
  JsonObject,
  Prerequisite,
  Rule,
  Segment,
  Serve,
  ValueType,
  VariantValue,
} from '@flagmarshal/evaluation'

import type { ReportLine } from './report.ts'

/** A flag as it would be stored: definition and configuration. */
export interface ImportedFlag {
  readonly key: string
  /** Absent where the file has none: the key. */
  readonly name?: string | undefined
  /** Absent where the file says nothing of what it is for. */
  readonly kind?: FlagKind
  /** Why it stays for ever, where it does. */
  readonly permanentReason?: string
  readonly description: string | undefined
  readonly owner: string | undefined
  readonly valueType: ValueType
  readonly variants: Readonly<Record<string, VariantValue>>
  readonly enabled: boolean
  readonly offVariant: string
  /** Flags of the same import; they stand before this one. */
  readonly prerequisites?: readonly Prerequisite[]
  readonly rules: readonly Omit<Rule, 'id'>[]
  readonly fallthrough: Serve
}

/** A segment as it would be stored. */
export interface ImportedSegment extends Segment {
  /** Absent where the file has none: the key. */
  readonly name?: string | undefined
  readonly description?: string | undefined
}

/** What an import found. Whatever is asked for by another stands before it. */
export interface Imported {
  readonly segments?: readonly ImportedSegment[]
  readonly flags: readonly ImportedFlag[]
  readonly report: readonly ReportLine[]
}

/** What an importer is told beside the definition. */
export interface ImportRequest {
  readonly engines: Engines
  /** Their name of the environment; `*` where the format has none. */
  readonly environment: string
  readonly now: Date
}

/** The flags of a definition, and what of them is not the same here. Never throws for what it holds. */
export type Importer = (definition: JsonObject, request: ImportRequest) => Imported

/** What cannot be imported, as a clause. */
export class NotHere extends Error {}

const TYPES = ['boolean', 'string', 'number', 'object'] as const

/** Variants with the type that all of their values have. Throws NotHere where they have none. */
export function typedVariants(given: JsonObject): {
  readonly valueType: ValueType
  readonly variants: Readonly<Record<string, FlagValue>>
} {
  const valueType = TYPES.find((type) => Object.values(given).every((it) => isOfType(it, type)))
  if (valueType === undefined)
    throw new NotHere('its variants are not all booleans, texts, numbers or objects')
  const variants: Record<string, FlagValue> = {}
  for (const [name, value] of Object.entries(given)) if (isOfType(value, valueType)) variants[name] = value
  return { valueType, variants }
}

/** A name for the variant that is the caller's own default, none of those that are there. */
export function callerDefaultName(names: readonly string[]): string {
  let name = 'caller-default'
  while (names.includes(name)) name += '-'
  return name
}

/** The variants that rules and fallthrough may serve. */
export function variantsServed(serve: Serve): readonly string[] {
  if ('variant' in serve) return [serve.variant]
  return 'allocation' in serve ? serve.allocation.ranges.map((it) => it.variant) : []
}

/** A flag as the engine evaluates it, whose rules are numbered. */
export function flagOf({ kind = 'release', rules, ...rest }: ImportedFlag): Flag {
  return { ...rest, kind, rules: rules.map((rule, index): Rule => ({ ...rule, id: String(index) })) }
}

/** Why the engine cannot evaluate a flag; undefined where it can. */
export function problemOf(
  flag: ImportedFlag,
  engines: Engines,
  segments: readonly Segment[] = [],
): string | undefined {
  const { prerequisites: _, ...rest } = flagOf(flag)
  return compile({ flags: [{ ...rest, enabled: true }], segments }, engines).problems[0]?.message
}
