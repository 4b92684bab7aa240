/**
 * Where code asks a flag, as a repository was found to do it at one commit (P-S2-2).
 */
import type { Layer } from '@flagmarshal/evaluation'

export interface CodeReferences {
  readonly flag: string
  readonly repository: string
  readonly commit: string
  readonly refs: readonly CodeReference[]
}

export interface CodeReference {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The name in the code, where it is not the key. */
  readonly alias?: string
  readonly layer: Layer
  /** Whether the place asks the flag, or only names it. */
  readonly kind?: ReferenceKind
  /** The line and those around it, where the repository sends them. */
  readonly context?: string
}

/** `call` and `accessor` ask; `mention` and `alias` name; `text` was found between delimiters. */
export type ReferenceKind = 'call' | 'accessor' | 'mention' | 'alias' | 'text'

/** The commit that took away the last place that named a flag. */
export interface Extinct {
  readonly sha: string
  /** RFC 3339. */
  readonly at: string
  readonly file: string
}

/** A place that asks a flag whose key is only known while the code runs. */
export interface DynamicAsk {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** What is wrong with where a flag is asked: a layer that does not, or a flag that does not exist. */
export function referenceFindings(
  flag: string,
  layers: readonly Layer[],
  { all, flags }: { readonly all: readonly CodeReferences[]; readonly flags: readonly string[] },
): readonly string[] {
  const own = all.filter((it) => it.flag === flag && it.refs.length > 0)
  const asked = new Set(own.flatMap((it) => it.refs.map((one) => one.layer)))
  const repositories = new Set(own.map((it) => it.repository))
  const strangers = all.filter(
    (it) => it.refs.length > 0 && repositories.has(it.repository) && !flags.includes(it.flag),
  )
  return [
    ...layers.filter((it) => !asked.has(it)).map((it) => `no code of the layer ${it} refers to ${flag}`),
    ...strangers.map(({ flag: unknown, repository, refs: [first] }) => {
      const at = first === undefined ? '' : `, ${first.file}:${first.line}`
      return `${repository} refers to the flag ${unknown}, which does not exist${at}`
    }),
  ]
}
