/**
 * The documents of a folder: YAML or JSON, several to a file where one likes. Every mistake of every
 * file is named with its place, not only the first.
 */
import { globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

import { readConfigDocument } from '@flagmarshal/api/config-document'
import type { ConfigDocument } from '@flagmarshal/api/config-document'
import { LineCounter, parseAllDocuments } from 'yaml'
import type { Document } from 'yaml'

import { EXIT } from '../exit-code.ts'
import { Failure, usage } from '../failure.ts'
import { PROJECT_FILE } from '../project-file.ts'

/** A document and where it stands, like `flags/new-checkout.yaml:1`. */
export interface Placed {
  readonly document: ConfigDocument
  readonly place: string
}

/** What a document is called: unique inside a project. */
export function nameOf({ kind, metadata }: ConfigDocument): string {
  return `${kind} ${metadata.name}`
}

/** Files of the folder that say something to the command line itself. */
const NO_DOCUMENTS: ReadonlySet<string> = new Set([PROJECT_FILE, 'refs.yaml'])

/** All documents below a path, or the one file that it is; a mistake in any of them ends the command. */
export function readDocuments(at: string): readonly Placed[] {
  const read = filesBelow(at).map((file) => readFile(file, path.relative(at, file) || path.basename(file)))
  const placed = read.flatMap((it) => it.placed)
  const mistakes = [...read.flatMap((it) => it.mistakes), ...repeated(placed)]
  if (mistakes.length === 0) return placed
  throw new Failure(['The configuration has mistakes:', ...mistakes.map((it) => `  ${it}`)].join('\n'), {
    exitCode: EXIT.invalid,
    remedy:
      'Correct them. Editors find most of them by the schemas, like that of: flagmarshal config schema Flag',
  })
}

function filesBelow(at: string): readonly string[] {
  let isFolder: boolean
  try {
    isFolder = statSync(at).isDirectory()
  } catch {
    throw usage(
      `${at} cannot be read.`,
      'Name a folder or file, or write what is live to one: flagmarshal config export',
    )
  }
  if (!isFolder) return [at]
  return globSync('**/*.{yaml,yml,json}', { cwd: at })
    .filter((file) => !NO_DOCUMENTS.has(file))
    .toSorted()
    .map((file) => path.join(at, file))
}

interface ReadFile {
  readonly placed: readonly Placed[]
  readonly mistakes: readonly string[]
}

function readFile(file: string, shown: string): ReadFile {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(readFileSync(file, 'utf8'), { lineCounter: lines, merge: false })
  const documents = 'empty' in parsed ? [] : parsed
  const placed: Placed[] = []
  const mistakes: string[] = []
  for (const document of documents) {
    if (document.contents === null) continue
    const lineOf = (offset: number) => `${shown}:${lines.linePos(offset).line}`
    if (document.errors.length > 0)
      mistakes.push(...document.errors.map((it) => `${lineOf(it.pos[0])}: ${it.message.split('\n')[0]}`))
    else {
      const place = lineOf(document.contents.range?.[0] ?? 0)
      const read = readConfigDocument(document.toJS())
      if (read.ok) placed.push({ document: read.document, place })
      else
        mistakes.push(...read.mistakes.map((it) => `${lineOf(offsetOf(document, it.path))}: ${it.message}`))
    }
  }
  return { placed, mistakes }
}

/** Where the value of a path begins, or of as much of it as is there. */
function offsetOf(document: Document.Parsed, at: readonly PropertyKey[]): number {
  for (let length = at.length; length > 0; length--) {
    const node: unknown = document.getIn(at.slice(0, length), true)
    const range = (node as { readonly range?: readonly number[] } | undefined)?.range
    if (range?.[0] !== undefined) return range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

function repeated(placed: readonly Placed[]): readonly string[] {
  const seen = new Map<string, string>()
  return placed.flatMap(({ document, place }) => {
    const name = nameOf(document)
    const other = seen.get(name)
    seen.set(name, place)
    return other === undefined ? [] : [`${place}: ${name} stands in ${other} already.`]
  })
}
