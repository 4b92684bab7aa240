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
  const defaultValue = variants[offVariant] ?? ownDefault(valueType, variants)
  if (!Object.hasOwn(variants, offVariant) || defaultValue === undefined)
    throw new RangeError(`the flag has no variant ${offVariant}`)
  if (valueType !== 'number') return { type: valueType, defaultValue }
  const whole = Object.values(variants).every((it) => it === null || Number.isInteger(it))
  return { type: whole ? 'integer' : 'float', defaultValue }
}

/** Where the off variant is the caller's own default, new code begins with false, or with the first value. */
function ownDefault(valueType: Flag['valueType'], variants: Flag['variants']): FlagValue | undefined {
  return valueType === 'boolean' ? false : (Object.values(variants).find((it) => it !== null) ?? undefined)
}
