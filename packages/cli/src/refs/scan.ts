/**
 * Where a repository refers to flags: its TypeScript and JavaScript by their syntax trees, all other
 * languages by their texts, and what earlier commits took away.
 */
import type { DynamicAsk, Extinct, ReferenceKind } from '@flagmarshal/domain/reference/code-references'
import type { Layer } from '@flagmarshal/evaluation'

import { aliasesOf } from './aliases.ts'
import { moduleOf } from './constants.ts'
import type { Module } from './constants.ts'
import { isAmong, isWanted, readFiles } from './files.ts'
import type { Skipped } from './files.ts'
import { changedLines, trackedFiles } from './git.ts'
import type { Repository } from './git.ts'
import { accessorNames } from './names.ts'
import type { Settings } from './settings.ts'
import { findInTree } from './syntax.ts'
import type { Found, Searched } from './syntax.ts'
import { findInText, keysIn } from './text.ts'
import { hasTree, parse } from './tree.ts'
import type { Tree } from './tree.ts'

export interface ScannedReference extends Found {
  readonly file: string
  /** Absent where no setting says which. */
  readonly layer?: Layer
  /** The line with those around it, where the settings ask for that. */
  readonly context?: string
}

/** A flag that nothing refers to any more, and the commit that took the last place away. */
export interface Extinction extends Extinct {
  readonly flag: string
}

export interface Scan {
  readonly repository: Repository
  readonly files: number
  readonly references: readonly ScannedReference[]
  readonly dynamic: readonly DynamicAsk[]
  readonly extinctions: readonly Extinction[]
  readonly skipped: readonly Skipped[]
}

/** What a scan works with. */
export interface Scanning {
  readonly repository: Repository
  readonly settings: Settings
  readonly keys: readonly string[]
  readonly runCommands: boolean
  readonly progress?: (done: number, all: number) => void
}

export async function scan(scanning: Scanning): Promise<Scan> {
  const { repository, settings, keys, progress } = scanning
  const { texts, skipped, trees, searched, aliases } = prepare(scanning)
  const references: ScannedReference[] = []
  const dynamic: DynamicAsk[] = []
  let done = 0
  for (const [file, text] of texts) {
    const tree = trees.get(file)
    const all: Found[] = []
    if (tree === undefined)
      all.push(...findInText(text, { keys: searched.keys, aliases, delimiters: settings.delimiters }))
    else {
      const inTree = findInTree(tree.tree, tree.module, searched)
      all.push(...inTree.found, ...findInText(text, { keys: NONE, aliases, delimiters: [] }))
      dynamic.push(...inTree.dynamic.map((it) => ({ ...it, file })))
    }
    references.push(...place(file, text, { all, settings }))
    progress?.(++done, texts.size)
  }
  const seen = new Set(references.map((it) => it.flag))
  const missing = keys.filter((it) => !seen.has(it))
  const extinctions = await extinctionsOf(repository, missing, settings)
  return { repository, files: texts.size, references, dynamic, extinctions, skipped }
}

const NONE: ReadonlySet<string> = new Set()

/** A parsed file. */
export interface Parsed {
  readonly tree: Tree
  readonly module: Module
}

interface Prepared {
  readonly texts: ReadonlyMap<string, string>
  readonly skipped: readonly Skipped[]
  readonly trees: ReadonlyMap<string, Parsed>
  readonly searched: Searched
  readonly aliases: ReadonlyMap<string, string>
}

/** Reads and parses what is searched. */
export function prepare({ repository: { root }, settings, keys, runCommands }: Scanning): Prepared {
  const { texts, skipped } = readFiles(root, trackedFiles(root), settings)
  const trees = new Map<string, Parsed>()
  for (const [file, text] of texts) {
    const tree = hasTree(file) ? parse(file, text) : undefined
    if (tree !== undefined) trees.set(file, { tree, module: moduleOf(file, tree) })
  }
  const aliases = aliasesOf(keys, settings.aliases, {
    root,
    files: [...texts.keys()],
    read: (file) => texts.get(file),
    runCommands,
  })
  const searched = {
    keys: new Set(keys),
    accessors: accessorNames(keys),
    calls: new Set(settings.calls),
    modules: new Map([...trees].map(([file, { module }]) => [file, module])),
  }
  return { texts, skipped, trees, searched, aliases }
}

/** What counts where several say the same of one line. */
const RANK: Readonly<Record<ReferenceKind, number>> = { call: 0, accessor: 1, text: 2, mention: 3, alias: 4 }

/** One reference a flag and line, with its layer and context. */
function place(
  file: string,
  text: string,
  { all, settings }: { readonly all: readonly Found[]; readonly settings: Settings },
): readonly ScannedReference[] {
  if (all.length === 0) return []
  const best = new Map<string, Found>()
  for (const it of all.toSorted((a, b) => RANK[a.kind] - RANK[b.kind])) {
    const at = `${it.line} ${it.flag}`
    if (!best.has(at)) best.set(at, it)
  }
  const layer = layerOf(file, settings)
  const lines = settings.contextLines < 0 ? undefined : text.split('\n')
  return [...best.values()]
    .toSorted((a, b) => a.line - b.line)
    .map((it) => {
      const around = lines?.slice(
        Math.max(0, it.line - 1 - settings.contextLines),
        it.line + settings.contextLines,
      )
      return {
        ...it,
        file,
        ...(layer === undefined ? {} : { layer }),
        ...(around === undefined ? {} : { context: around.join('\n').slice(0, 2_000) }),
      }
    })
}

/** The layer of a file: the first that names it. */
export function layerOf(file: string, { layers, defaultLayer }: Settings): Layer | undefined {
  const named = (['frontend', 'middleware', 'backend'] as const).find((it) => isAmong(file, layers[it]))
  return named ?? defaultLayer
}

/** The newest commit that took away more places of a flag than it added. */
async function extinctionsOf(
  { root }: Repository,
  keys: readonly string[],
  settings: Settings,
): Promise<readonly Extinction[]> {
  const found = new Map<string, Extinction>()
  if (keys.length === 0 || settings.lookback === 0) return []
  const searched = { keys: new Set(keys), delimiters: settings.delimiters }
  let balance = new Map<string, { lost: number; last: Extinction }>()
  const settle = () => {
    for (const [flag, { lost, last }] of balance) if (lost > 0 && !found.has(flag)) found.set(flag, last)
    balance = new Map()
  }
  let current = ''
  for await (const { sha, at, file, added, text } of changedLines(root, settings.lookback)) {
    if (sha !== current) settle()
    current = sha
    if (!isWanted(file, settings)) continue
    for (const flag of keysIn(text, searched)) {
      const before = balance.get(flag)
      const last = added && before !== undefined ? before.last : { flag, sha, at, file }
      balance.set(flag, { lost: (before?.lost ?? 0) + (added ? -1 : 1), last })
    }
  }
  settle()
  return [...found.values()]
}
