/**
 * The flags of an environment as an OpenFeature manifest: what code is generated from
 * (https://github.com/open-feature/cli, schema/v0 and api/v0/sync.yaml).
 */
import type { Flag, FlagValue } from '@flagmarshal/evaluation'

/** One flag as the manifest has it. */
export interface ManifestFlag {
  readonly type: 'boolean' | 'string' | 'integer' | 'float' | 'object'
  /** What is served while the flag is off. */
  readonly defaultValue: FlagValue
}

/** The flag's type and default; a number flag is an integer where all of its variants are. */
export function manifestFlag({
  valueType,
  variants,
  offVariant,
}: Pick<Flag, 'valueType' | 'variants' | 'offVariant'>): ManifestFlag {
  const defaultValue = variants[offVariant]
  if (defaultValue === undefined) throw new RangeError(`the flag has no variant ${offVariant}`)
  if (valueType !== 'number') return { type: valueType, defaultValue }
  const whole = Object.values(variants).every((it) => Number.isInteger(it))
  return { type: whole ? 'integer' : 'float', defaultValue }
}
