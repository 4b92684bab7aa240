/**
 * Statements side by side: taking one out, and keeping its neighbours apart where no semicolon does.
 */
import type { Node, Tree } from '../tree.ts'
import { wholeLines } from './edits.ts'
import type { Edits } from './edits.ts'
import type { Known } from './known.ts'
import type { Names } from './names.ts'

/** What a simplification works with and on. */
export interface Work {
  readonly tree: Tree
  readonly names: Names
  readonly known: Known
  readonly edits: Edits
  readonly literals: number[]
  /** Of statements that became others, the last letter; of those that are taken out, `gone`. */
  readonly ends: Map<Node, string>
}

/** The statements that a node lists. */
export function listIn(node: Node): readonly Node[] | undefined {
  switch (node.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
    case 'TSModuleBlock':
      return node.body
    case 'SwitchCase':
      return node.consequent
    // Nothing else lists statements.
    default:
      return undefined
  }
}

/** Takes a statement out with its lines. */
export function removeStatement(node: Node, work: Work): void {
  work.edits.cut(...wholeLines(work.tree.text, node.start, node.end))
  work.ends.set(node, 'gone')
  const next = besides(node, work.names)[1]
  if (next !== undefined) guardAsi(next, next.start, work)
}

/** What would go on with a line before that has no semicolon. */
const GOES_ON = /[([`+\-/<]/

/** Keeps what begins there from going on with the statement before. */
export function guardAsi(node: Node, at: number, work: Work): void {
  let before = besides(node, work.names)[0]
  while (before !== undefined && work.ends.get(before) === 'gone') before = besides(before, work.names)[0]
  const end = before === undefined ? ';' : (work.ends.get(before) ?? work.tree.text[before.end - 1])
  if (end !== ';' && GOES_ON.test(work.tree.text[at] ?? '')) work.edits.put(at, ';')
}

/** Keeps the next statement from going on with what ends there, or from becoming a part of its comment. */
export function guardNext(
  node: Node,
  end: number,
  { tree: { text, comments }, edits, names, ends }: Work,
): void {
  const next = besides(node, names)[1]
  const isCommented = comments.some((it) => it.type === 'Line' && it.end === end)
  const isLast = /^[^\S\n]*(?:\n|$)/.test(text.slice(node.end))
  if (!isLast && (next !== undefined || isCommented)) edits.put(end, '\n')
  ends.set(node, isCommented ? '' : (text[end - 1] ?? ''))
  if (next !== undefined && ends.get(node) !== ';' && GOES_ON.test(text[next.start] ?? ''))
    edits.put(next.start, ';')
}

/** The statements before and after one. */
function besides(node: Node, names: Names): readonly [Node | undefined, Node | undefined] {
  const list = names.parentOf(node)
  const statements = (list === undefined ? undefined : listIn(list)) ?? []
  const at = statements.indexOf(node)
  return [statements[at - 1], at < 0 ? undefined : statements[at + 1]]
}

/** What is left must not begin a statement as something else. */
export function guardStart(node: Node, chosen: Node, work: Work): void {
  const { tree, edits, names } = work
  if (chosen.start === node.start) return
  let top: Node = node
  let above = names.parentOf(top)
  while (above !== undefined && above.start === node.start && listIn(above) === undefined) {
    top = above
    if (top.type === 'ExpressionStatement') break
    above = names.parentOf(top)
  }
  const outer = names.parentOf(top)
  const begins =
    top.type === 'ExpressionStatement' ||
    outer?.type === 'ArrowFunctionExpression' ||
    outer?.type === 'ExportDefaultDeclaration'
  const isTaken = /^(?:\{|function\b|class\b|async\s+function\b|let\b)/.test(tree.text.slice(chosen.start))
  if (begins && isTaken && isExpression(node)) {
    edits.put(chosen.start, '(')
    edits.put(chosen.end, ')')
  } else if (top.type.endsWith('Statement')) guardAsi(top, chosen.start, work)
}

function isExpression(node: Node): boolean {
  return node.type === 'ConditionalExpression' || node.type === 'LogicalExpression'
}

/** Leaves a part of a node in its place. */
export function keepOnly(chosen: Node, node: Node, { edits }: Work): void {
  edits.cut(node.start, chosen.start)
  edits.cut(chosen.end, node.end)
}

/** Puts a text in the place of a node. */
export function replaceBy(node: Node, text: string, { edits }: Work): void {
  edits.cut(node.start, node.end)
  edits.put(node.start, text)
}
