/** What the rules say of the code of a repository beside the flags of a project (R001, R002, R006, R011). */
import type { FlagValue, Layer } from '@flagmarshal/evaluation'

import type { ReferenceKind } from '../reference/code-references.ts'
import { broken } from './rules.ts'
import type { LintFinding } from './rules.ts'

/** A place that refers to a flag. */
export interface LintedPlace {
  readonly flag: string
  readonly file: string
  readonly line: number
  readonly kind: ReferenceKind
  readonly layer?: Layer
  readonly asks?: {
    readonly type?: 'boolean' | 'string' | 'number' | 'object'
    readonly fallback?: boolean | string | number
  }
}

/** A flag as far as code must agree with it. */
export interface CodedFlag {
  readonly key: string
  readonly valueType: string
  /** What it serves while it is off; undefined for the default of the code. */
  readonly off: FlagValue | undefined
  readonly archived: boolean
}

/** A flag of a manifest in the repository. */
export interface ManifestEntry {
  readonly key: string
  readonly flagType: string
  readonly line: number
}

export interface CodeFacts {
  readonly places: readonly LintedPlace[]
  readonly flags: readonly CodedFlag[]
  readonly manifest: { readonly file: string; readonly entries: readonly ManifestEntry[] } | undefined
}

/** Every rule that is broken, in the order of the places. */
export function lintCode({ places, flags, manifest }: CodeFacts): readonly LintFinding[] {
  const known = new Map(flags.map((it) => [it.key, it]))
  return [
    ...places.flatMap((it) => lintPlace(it, known.get(it.flag))),
    ...[...Map.groupBy(places, (it) => it.flag).values()].flatMap(lintDefaults),
    ...(manifest?.entries ?? []).flatMap((it) => lintEntry(it, known.get(it.key), manifest?.file ?? '')),
  ]
}

function lintPlace(it: LintedPlace, flag: CodedFlag | undefined): readonly LintFinding[] {
  const place = { file: it.file, line: it.line }
  const { type, fallback } = it.asks ?? {}
  if (flag === undefined)
    return it.kind === 'call' ? [broken('R001', it.flag, `There is no flag ${it.flag}.`, { place })] : []
  const wrongType = type !== undefined && type !== flag.valueType
  const notOff = fallback !== undefined && flag.off !== undefined && fallback !== flag.off && !wrongType
  return [
    ...(flag.archived ? [broken('R006', it.flag, `${it.flag} is archived.`, { place })] : []),
    ...(wrongType
      ? [broken('R011', it.flag, `${it.flag} is a ${flag.valueType}, and is asked for a ${type}.`, { place })]
      : []),
    ...(notOff
      ? [
          broken(
            'R002',
            it.flag,
            `The default ${JSON.stringify(fallback)} is not what ${it.flag} serves while it is off: ${JSON.stringify(flag.off)}.`,
            { place },
          ),
        ]
      : []),
  ]
}

/** Two defaults of one flag, at the second place. */
function lintDefaults(places: readonly LintedPlace[]): readonly LintFinding[] {
  const asked = places.filter((it) => it.asks?.fallback !== undefined)
  const [first] = asked
  const other = asked.find((it) => it.asks?.fallback !== first?.asks?.fallback)
  if (first === undefined || other === undefined) return []
  const value = (it: LintedPlace) =>
    `${JSON.stringify(it.asks?.fallback)} in ${it.file}:${it.line}${it.layer === undefined ? '' : ` (${it.layer})`}`
  return [
    broken('R002', first.flag, `The defaults of ${first.flag} differ: ${value(first)}, ${value(other)}.`, {
      place: { file: other.file, line: other.line },
    }),
  ]
}

/** The number types of a manifest are one here. */
const TYPES: Readonly<Record<string, string>> = { integer: 'number', float: 'number' }

function lintEntry(
  { key, flagType, line }: ManifestEntry,
  flag: CodedFlag | undefined,
  file: string,
): readonly LintFinding[] {
  const place = { file, line }
  if (flag === undefined) return [broken('R001', key, `There is no flag ${key}.`, { place })]
  if ((TYPES[flagType] ?? flagType) === flag.valueType) return []
  return [broken('R011', key, `${key} is a ${flag.valueType}, and a ${flagType} in the manifest.`, { place })]
}
