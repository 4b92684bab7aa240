/**
 * Taking a boolean flag out of the code: the branch of one value stays, everything that only the other
 * needed goes. A file whose result would not parse is left as it is; what cannot be taken out safely is listed.
 */
import { moduleOf } from '../constants.ts'
import { asksIn, findInTree } from '../syntax.ts'
import type { Searched } from '../syntax.ts'
import { findInText } from '../text.ts'
import { linesOf, mistakesIn, parse } from '../tree.ts'
import type { Tree } from '../tree.ts'
import { knownFrom } from './known.ts'
import type { Known } from './known.ts'
import { namesOf } from './names.ts'
import type { Names } from './names.ts'
import { simplify } from './simplify.ts'
import { tidy } from './tidy.ts'

/** What becomes of a file. */
export interface CleanedFile {
  readonly text: string
  readonly left: readonly LeftPlace[]
}

/** A place for a person, by lines of the text as it becomes. */
export interface LeftPlace {
  readonly line: number
  readonly why: string
}

/** What is taken out. */
export interface Removal {
  readonly flag: string
  /** The value that it is taken to have for ever. */
  readonly keep: boolean
  readonly searched: Searched
}

/** A file without the flag, as far as that is safe. */
export function cleanFile(file: string, tree: Tree, removal: Removal): CleanedFile {
  if (isTest(file))
    return { text: tree.text, left: leftIn(file, tree, removal, 'a test sets the flag by itself') }
  const { names, known } = knownIn(file, tree, removal)
  const simplified = simplify(tree, names, known)
  if (simplified.text === tree.text) return { text: tree.text, left: leftIn(file, tree, removal) }
  const tidied = tidy(file, simplified.text, tree)
  const after = parse(file, tidied.text)
  if (after === undefined || mistakesIn(file, tidied.text) > mistakesIn(file, tree.text))
    return { text: tree.text, left: leftIn(file, tree, removal, 'what would be left breaks the language') }
  const line = linesOf(tidied.text)
  return {
    text: tidied.text,
    left: [
      ...leftIn(file, after, removal),
      ...tidied.left.map((it) => ({ line: line(it.start), why: it.why })),
      ...literalsIn(simplified.literals),
    ].toSorted((a, b) => a.line - b.line),
  }
}

/** What a text of another language has of the flag: only people can take that out. */
export function leftInText(
  text: string,
  { flag, searched }: Removal,
  delimiters: readonly string[],
): readonly LeftPlace[] {
  return findInText(text, { keys: searched.keys, aliases: new Map(), delimiters })
    .filter((it) => it.flag === flag)
    .map(({ line }) => ({ line, why: 'names it in a language that is not changed here' }))
}

function isTest(file: string): boolean {
  return /\.(?:test|spec)\.[^/]+$|(?:^|\/)(?:__tests__|tests?|e2e)\//.test(file)
}

function knownIn(
  file: string,
  tree: Tree,
  { flag, keep, searched }: Removal,
): { names: Names; known: Known } {
  const module = moduleOf(file, tree)
  const asks = asksIn(tree, module, searched).filter((it) => it.flag === flag)
  const names = namesOf(tree)
  return { names, known: knownFrom(asks, { names, imports: module.imports, keep }) }
}

/** Whatever still refers to the flag, with the reason where there is one. */
function leftIn(file: string, tree: Tree, removal: Removal, reason?: string): readonly LeftPlace[] {
  const { flag, searched } = removal
  const line = linesOf(tree.text)
  const said = new Map(knownIn(file, tree, removal).known.left.map((it) => [line(it.node.start), it.why]))
  for (const it of findInTree(tree, moduleOf(file, tree), searched).found)
    if (it.flag === flag && !said.has(it.line))
      said.set(it.line, it.kind === 'mention' ? 'names it' : 'asks it in a way that is not followed')
  return [...said].map(([at, why]) => ({ line: at, why: reason ?? why }))
}

function literalsIn(lines: readonly number[]): readonly LeftPlace[] {
  const why = 'the value is written out here, by the lines before the change: more may be simpler now'
  return [...new Set(lines)].map((line) => ({ line, why }))
}
