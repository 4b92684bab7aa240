/** What a scan found, for people, and as the server takes it. */
import type { Call, Operations } from '@flagmarshal/api'

import { EXIT } from '../exit-code.ts'
import { Failure, usage } from '../failure.ts'
import { table } from '../table.ts'
import type { Scan, ScannedReference } from './scan.ts'
import type { Settings } from './settings.ts'

type Body = Call<Operations['writeCodeScan']>['body']

/** A scan as JSON: what it found, without how the search works. */
export function shownScan(scan: Scan): Readonly<Record<string, unknown>> {
  const { repository, references, ...rest } = scan
  const { sha, branch, address, changed } = repository
  return { repo: address ?? null, branch: branch ?? null, sha, changed, references, ...rest }
}

export function describeScan(scan: Scan, keys: readonly string[]): string {
  const { references, dynamic, extinctions, skipped, files } = scan
  const known = new Set(keys)
  const named = new Set(references.map((it) => it.flag))
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`\n${title}`, ...lines.map((it) => `  ${it}`)]
  return [
    table(
      ['flag', 'place', 'layer', 'how'],
      references.map((it) => [
        it.flag,
        `${it.file}:${it.line}`,
        it.layer ?? '–',
        [it.kind, ...(it.alias === undefined ? [] : [`as ${it.alias}`])].join(' '),
      ]),
    ),
    ...list(
      'No flag of the project:',
      [...named].filter((it) => !known.has(it)),
    ),
    ...list(
      'The key is only known while the code runs:',
      dynamic.map((it) => `${it.file}:${it.line}  ${it.text}`),
    ),
    ...list(
      'Not in the code any more:',
      extinctions.map((it) => `${it.flag}  since ${it.sha.slice(0, 12)} of ${it.at}, ${it.file}`),
    ),
    ...list(
      'Not searched:',
      skipped.map((it) => `${it.file}: ${it.why}`),
    ),
    `\n${references.length} places of ${named.size} flags in ${files} files.`,
  ].join('\n')
}

/** What is sent. A place without a layer, or a tree that is not what its commit says, is refused. */
export function uploadOf(scan: Scan, { repo }: Settings, given: { readonly allowDirty: boolean }): Body {
  const { repository, references, files, dynamic, extinctions } = scan
  const { address, branch, sha, changed } = repository
  const name = repo ?? address
  if (name === undefined)
    throw usage(
      'The repository has no name.',
      'Write repo: into flagmarshal/refs.yaml, or add --repo <name>.',
    )
  if (changed.length > 0 && !given.allowDirty)
    throw new Failure(`${changed.length} files differ from the commit: ${changed.slice(0, 3).join(', ')}.`, {
      exitCode: EXIT.conflict,
      remedy: 'Commit them, or add --allow-dirty: lines may then be a few off.',
    })
  const unplaced = [...new Set(references.filter((it) => it.layer === undefined).map((it) => it.file))]
  if (unplaced.length > 0)
    throw new Failure(
      `Nothing says to which layer these belong: ${unplaced.slice(0, 5).join(', ')}${unplaced.length > 5 ? ', …' : ''}`,
      {
        exitCode: EXIT.invalid,
        remedy: 'Write layers: or defaultLayer: into flagmarshal/refs.yaml, or add --layer backend.',
      },
    )
  return {
    repo: name,
    ...(branch === undefined ? {} : { branch }),
    sha,
    files,
    refs: references.flatMap(sent),
    dynamic: dynamic.slice(0, 1_000).map((it) => ({ ...it })),
    extinctions: extinctions.map((it) => ({ ...it })),
  }
}

type Sent = Body['refs'][number]

function sent(it: ScannedReference): readonly Sent[] {
  const { flag, file, line, kind, layer, alias, context } = it
  if (layer === undefined) return []
  const named = alias === undefined ? {} : { alias: alias.slice(0, 200) }
  return [{ flag, file, line, kind, layer, ...named, ...(context === undefined ? {} : { context }) }]
}
