/**
 * Takes out of a file what a flag of one value decides: branches that are never taken, conditions that
 * always hold, constants that held the answer. Nothing else changes, to the letter.
 */
import { bare, childrenOf, linesOf, walk } from '../tree.ts'
import type { Named, Node, Tree } from '../tree.ts'
import { editsOf, wholeLines } from './edits.ts'
import type { Known } from './known.ts'
import { boundIn } from './names.ts'
import type { Names } from './names.ts'
import {
  guardAsi,
  guardNext,
  guardStart,
  keepOnly,
  listIn,
  removeStatement,
  replaceBy,
} from './statements.ts'
import type { Work } from './statements.ts'

export interface Simplified {
  readonly text: string
  /** Lines of the text before where a literal now stands instead of the flag. */
  readonly literals: readonly number[]
}

export function simplify(tree: Tree, names: Names, known: Known): Simplified {
  const work: Work = { tree, names, known, edits: editsOf(tree.text), literals: [], ends: new Map() }
  visit(tree.program, work)
  const line = linesOf(tree.text)
  return { text: work.edits.apply(), literals: work.literals.map(line) }
}

function visit(node: Node, work: Work): void {
  const done = STATEMENTS[node.type]?.(node, work) ?? expression(node, work)
  if (!done) visitChildren(node, work)
}

function visitChildren(node: Node, work: Work): void {
  if (listIn(node) === undefined) for (const child of childrenOf(node)) visit(child, work)
  else visitList(node, work)
}

/** Handles a node whole and answers true, or leaves it to what is below. */
type Handle = (node: Node, work: Work) => boolean

const STATEMENTS: Readonly<Partial<Record<Node['type'], Handle>>> = {
  IfStatement: (node, work) => node.type === 'IfStatement' && ifStatement(node, work),
  ExpressionStatement: (node, work) => node.type === 'ExpressionStatement' && bareStatement(node, work),
  VariableDeclaration: (node, work) => node.type === 'VariableDeclaration' && declaration(node, work),
  JSXExpressionContainer: (node, work) => node.type === 'JSXExpressionContainer' && container(node, work),
  Property: (node, work) => {
    const value = node.type === 'Property' && node.shorthand ? work.known.valueOf(node.value) : undefined
    if (value === undefined) return false
    work.literals.push(node.start)
    work.edits.put(node.end, `: ${value}`)
    return true
  },
}

/** Statements in their order; what follows one that now always leaves is never reached. */
function visitList(node: Node, work: Work): void {
  const statements = listIn(node) ?? []
  if (node.type === 'SwitchCase' && node.test !== null) visit(node.test, work)
  for (const [index, statement] of statements.entries()) {
    visit(statement, work)
    const rest = statements.slice(index + 1)
    const leaves = statement.type === 'IfStatement' && isDecided(statement, work) && exits(statement, work)
    if (!leaves || rest.length === 0) continue
    if (rest.some(declaresVar)) {
      for (const it of rest) visit(it, work)
      return
    }
    for (const it of rest) {
      // Functions and types are there from the beginning of their scope.
      if (/^(?:FunctionDeclaration|TS|Import|Export)/.test(it.type)) visit(it, work)
      else removeStatement(it, work)
    }
    return
  }
}

function isDecided({ test }: Named<'IfStatement'>, { known }: Work): boolean {
  return known.holds(test) !== undefined
}

/** Whether nothing after a statement is reached. */
function exits(node: Node, work: Work): boolean {
  switch (node.type) {
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return true
    case 'BlockStatement':
      return node.body.some((it) => exits(it, work))
    case 'IfStatement': {
      const value = work.known.holds(node.test)
      const [yes, no] = [node.consequent, node.alternate].map((it) => it !== null && exits(it, work))
      return value === undefined ? yes === true && no === true : (value ? yes : no) === true
    }
    // All else may go on.
    default:
      return false
  }
}

function declaresVar(node: Node): boolean {
  let found = false
  walk(node, (it) => {
    if (it.type === 'VariableDeclaration' && it.kind === 'var') found = true
    return /Function/.test(it.type) ? false : undefined
  })
  return found
}

function ifStatement(node: Named<'IfStatement'>, work: Work): boolean {
  const value = work.known.holds(node.test)
  if (value === undefined) return false
  const chosen = value ? node.consequent : node.alternate
  const parent = work.names.parentOf(node)
  const isListed = parent !== undefined && listIn(parent) !== undefined
  if (chosen === null || (chosen.type === 'BlockStatement' && chosen.body.length === 0 && isListed)) {
    if (isListed) removeStatement(node, work)
    else if (parent?.type === 'IfStatement' && parent.alternate === node)
      work.edits.cut(parent.consequent.end, node.end)
    else replaceBy(node, '{}', work)
    return true
  }
  if (chosen.type === 'BlockStatement' && isListed && canDissolve(chosen, node, work))
    dissolve(chosen, node, work)
  else {
    // An `else` below must not find another `if` than before.
    const isBraced =
      chosen.type !== 'BlockStatement' && parent?.type === 'IfStatement' && parent.alternate !== node
    keepOnly(chosen, node, work)
    if (isBraced) {
      work.edits.put(chosen.start, '{ ')
      work.edits.put(chosen.end, ' }')
    } else if (isListed) {
      guardAsi(node, chosen.start, work)
      guardNext(node, chosen.end, work)
    }
  }
  visit(chosen, work)
  return true
}

/** Whether the names of a block may move into the list around it. */
function canDissolve(block: Named<'BlockStatement'>, node: Node, work: Work): boolean {
  const declared = new Set(namesFrom(block, work))
  const list = work.names.parentOf(node)
  if (declared.size === 0 || list === undefined) return true
  // The cases of a switch share their names.
  if (list.type === 'SwitchCase') return false
  const dead = exits(block, work) ? node.end : Infinity
  // Names of a function's parameters are of the same place as those of its body.
  const around = work.names.parentOf(list) ?? list
  let isFree = true
  walk(/Function/.test(around.type) ? around : list, (it) => {
    if (it === node || (it.start >= dead && it.end <= list.end)) return false
    if ((it.type === 'Identifier' || it.type === 'JSXIdentifier') && declared.has(it.name)) isFree = false
    return undefined
  })
  return isFree
}

/** The names that a block declares, and those of blocks in it that dissolve, too. */
function namesFrom({ body }: Named<'BlockStatement'>, work: Work): readonly string[] {
  return body.flatMap((it) => {
    if (it.type === 'VariableDeclaration' && it.kind !== 'var')
      return it.declarations.flatMap((one) => boundNames(one.id))
    if (it.type === 'IfStatement') {
      const value = work.known.holds(it.test)
      const chosen = value === undefined ? null : value ? it.consequent : it.alternate
      return chosen?.type === 'BlockStatement' ? namesFrom(chosen, work) : []
    }
    return 'id' in it && it.id !== null && it.id.type === 'Identifier' ? [it.id.name] : []
  })
}

function boundNames(pattern: Node): readonly string[] {
  return boundIn(pattern).flatMap((it) => (it.type === 'Identifier' ? [it.name] : []))
}

/** Puts what a block holds in the place of the statement, less deep by one step. */
function dissolve(block: Named<'BlockStatement'>, node: Node, work: Work): void {
  const { tree, edits } = work
  const { text } = tree
  const inside = text.slice(block.start + 1, block.end - 1)
  const from = block.start + 1 + (inside.length - inside.trimStart().length)
  const to = block.start + 1 + inside.trimEnd().length
  edits.cut(node.start, from)
  edits.cut(to, node.end)
  guardAsi(node, from, work)
  guardNext(node, to, work)
  const [outer, inner] = [indentAt(text, node.start), indentAt(text, from)]
  if (!inner.startsWith(outer) || inner === outer) return
  const fixed = fixedLines(block)
  for (let line = text.indexOf('\n', from) + 1; line > 0 && line < to; line = text.indexOf('\n', line) + 1)
    if (text.startsWith(inner, line) && !fixed.some(([start, end]) => line > start && line < end))
      edits.cut(line + outer.length, line + inner.length)
}

function indentAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1
  return /^[^\S\n]*/.exec(text.slice(start, at))?.[0] ?? ''
}

/** Templates keep every space that they have. */
function fixedLines(node: Node): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  walk(node, (it) => {
    if (it.type === 'TemplateLiteral') found.push([it.start, it.end])
    return undefined
  })
  return found
}

/** An expression without effects is no statement; what is left of one with a condition is. */
function bareStatement(node: Named<'ExpressionStatement'>, work: Work): boolean {
  if (work.known.valueOf(node.expression) === undefined) return false
  const parent = work.names.parentOf(node)
  if (parent !== undefined && listIn(parent) !== undefined) removeStatement(node, work)
  else replaceBy(node, '{}', work)
  return true
}

/** Takes out the constants that nothing reads any more. */
function declaration(node: Named<'VariableDeclaration'>, work: Work): boolean {
  const gone = node.declarations.filter((it) => work.known.removable.has(it))
  if (gone.length === 0) return false
  if (gone.length === node.declarations.length) {
    removeStatement(node, work)
    return true
  }
  for (const [index, it] of node.declarations.entries()) {
    const next = node.declarations[index + 1]
    const before = node.declarations[index - 1]
    if (!gone.includes(it)) visit(it, work)
    else if (next !== undefined) work.edits.cut(it.start, next.start)
    else if (before !== undefined) work.edits.cut(before.end, it.end)
  }
  return true
}

/** Among the children of an element a value shows nothing, and an element needs no braces. */
function container(node: Named<'JSXExpressionContainer'>, work: Work): boolean {
  const parent = work.names.parentOf(node)
  if (parent?.type !== 'JSXElement' && parent?.type !== 'JSXFragment') return false
  const { expression: it } = node
  const chosen = chosenOf(it, work, true)
  if (work.known.valueOf(it) !== undefined || (chosen !== undefined && isNothing(chosen))) {
    work.edits.cut(...wholeLines(work.tree.text, node.start, node.end))
    return true
  }
  if (chosen === undefined) return false
  const element = bare(chosen)
  if (element.type !== 'JSXElement' && element.type !== 'JSXFragment') return false
  keepOnly(element, node, work)
  visit(element, work)
  return true
}

/** What an expression comes down to, `within` parentheses too; undefined where nothing is decided in it. */
function chosenOf(node: Node, work: Work, within = false): Node | undefined {
  const it = within ? bare(node) : node
  const value = it.type === 'ConditionalExpression' ? work.known.holds(it.test) : undefined
  if (it.type === 'ConditionalExpression' && value !== undefined) {
    const branch = value ? it.consequent : it.alternate
    return chosenOf(branch, work, within) ?? branch
  }
  if (it.type !== 'LogicalExpression') return undefined
  const first = work.known.holds(it.left)
  if (first === undefined || it.operator === '??' || first === (it.operator === '||')) return undefined
  return chosenOf(it.right, work, within) ?? it.right
}

function isNothing(node: Node): boolean {
  const it = bare(node)
  return (
    (it.type === 'Literal' && (it.value === null || typeof it.value === 'boolean')) ||
    (it.type === 'Identifier' && it.name === 'undefined')
  )
}

function expression(node: Node, work: Work): boolean {
  const value = work.known.valueOf(node)
  if (value !== undefined) {
    work.literals.push(node.start)
    replaceBy(node, String(value), work)
    return true
  }
  if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression') {
    const chosen = chosenOf(node, work) ?? rightAlone(node, work)
    if (chosen === undefined) return false
    keepOnly(chosen, node, work)
    guardStart(node, chosen, work)
    visit(chosen, work)
    return true
  }
  return false
}

/** In a condition, `a && true` is `a`: only whether it holds is asked. */
function rightAlone(node: Node, work: Work): Node | undefined {
  if (node.type !== 'LogicalExpression' || node.operator === '??' || !isCondition(node, work))
    return undefined
  const value = work.known.holds(node.right)
  return value !== undefined && value === (node.operator === '&&') ? node.left : undefined
}

function isCondition(node: Node, work: Work): boolean {
  const parent = work.names.parentOf(node)
  switch (parent?.type) {
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return parent.test === node
    case 'UnaryExpression':
      return parent.operator === '!'
    case 'LogicalExpression':
    case 'ParenthesizedExpression':
      return isCondition(parent, work)
    // Anywhere else the value itself counts.
    case undefined:
    default:
      return false
  }
}
