/**
 * The syntax tree of a TypeScript or JavaScript file. Places are offsets into the text, as JavaScript
 * counts them.
 */
import { parseSync, visitorKeys } from 'oxc-parser'
import type { Comment, Node, ParserOptions, Program } from 'oxc-parser'

export type { Node } from 'oxc-parser'
export type Named<Type extends Node['type']> = Extract<Node, { type: Type }>

export interface Tree {
  readonly text: string
  readonly program: Program
  readonly comments: readonly Comment[]
}

/** Names of files that have a syntax tree; declarations ask nothing. */
export function hasTree(file: string): boolean {
  return /\.(?:[cm]?[jt]s|[jt]sx)$/.test(file) && !/\.d\.[cm]?ts$/.test(file)
}

/** The tree of a text; undefined where it is none of the language, as JavaScript with types of another kind. */
export function parse(file: string, text: string): Tree | undefined {
  const { program, comments, errors } = parseSync(file, text, languageOf(file))
  return errors.length > 0 ? undefined : { text, program, comments }
}

/** How many rules of the language a text breaks, those beyond its grammar included. */
export function mistakesIn(file: string, text: string): number {
  return parseSync(file, text, { ...languageOf(file), showSemanticErrors: true }).errors.length
}

// Many files called .js hold JSX; none that parses without means something else with it.
function languageOf(file: string): ParserOptions {
  return /\.[cm]?js$/.test(file) ? { lang: 'jsx' } : {}
}

/** The nodes right below a node, in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  const members: Readonly<Record<string, unknown>> = { ...node }
  return (visitorKeys[node.type] ?? []).flatMap((key) => {
    const value = members[key]
    return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []
  })
}

/** Calls with every node and what is above it, the nearest last; `false` leaves out what is below. */
export function walk(root: Node, visit: (node: Node, above: readonly Node[]) => boolean | undefined): void {
  const above: Node[] = []
  const enter = (node: Node) => {
    if (visit(node, above) === false) return
    above.push(node)
    for (const child of childrenOf(node)) enter(child)
    above.pop()
  }
  enter(root)
}

/** Line numbers, from 1, by offset. */
export function linesOf(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}

/** What an expression is without what only the compiler sees: parentheses, `as`, `satisfies`, `!`. */
export function bare(node: Node): Node {
  const isWrapped =
    node.type === 'ParenthesizedExpression' ||
    node.type === 'TSAsExpression' ||
    node.type === 'TSSatisfiesExpression' ||
    node.type === 'TSNonNullExpression' ||
    node.type === 'TSTypeAssertion' ||
    node.type === 'ChainExpression'
  return isWrapped ? bare(node.expression) : node
}

/** The name that a member is read by: `b` of `a.b` and of `a['b']`. */
export function memberName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined
  const { property } = node
  if (!node.computed) return property.type === 'Identifier' ? property.name : undefined
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : undefined
}

/** The name under which a member of an object or pattern stands. */
export function keyName(key: Node, computed: boolean): string | undefined {
  if (key.type === 'Literal' && typeof key.value === 'string') return key.value
  return key.type === 'Identifier' && !computed ? key.name : undefined
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
