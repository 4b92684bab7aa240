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
