/**
 * Verifying an exported chain: one entry a line, as the server writes it.
 */
import { EMPTY_HEAD } from './entry.ts'
import type { Entry, Head, Sha256 } from './entry.ts'
import { conclude, follow, NOTHING_READ } from './verify.ts'
import type { Break } from './verify.ts'

export interface ChainLines {
  readonly text: string
  /** `project:<key>` or `installation`. */
  readonly chain: string
  /** The head that the export names; what was read, where it names none. */
  readonly stored?: Head
  /** Heads that were noted elsewhere. */
  readonly anchors: readonly Head[]
}

/** How far the chain reaches, and the first place where it does not hold. */
export function verifyLines(
  { text, chain, stored, anchors }: ChainLines,
  sha256: Sha256,
): { readonly head: Head; readonly broken?: Break } {
  let progress = NOTHING_READ
  const hashes = new Map([[0, EMPTY_HEAD.hash]])
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue
    const entry = entryOf(line)
    if (entry === undefined)
      return { head: progress.head, broken: { seq: index + 1, problem: 'It is no entry.' } }
    progress = follow(chain, progress, entry, sha256)
    hashes.set(progress.head.count, entry.hash)
  }
  const { head } = progress
  for (const anchor of anchors) {
    const broken = conclude(progress, head, { head: anchor, hashThere: hashes.get(anchor.count) })
    if (broken !== undefined) return { head, broken }
  }
  const broken = conclude(progress, stored ?? head)
  return broken === undefined ? { head } : { head, broken }
}

/** A line as an entry, if it has the parts that are read before its hash is known to fit. */
function entryOf(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isEntry(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  return 'seq' in value && typeof value.seq === 'number' && 'hash' in value && typeof value.hash === 'string'
}
