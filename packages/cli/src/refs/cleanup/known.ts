/**
 * What is certain once a flag always has one value: each place that asks it, the constants that hold
 * the answer, and what follows from them. Whatever cannot be followed is said, and stays.
 */
import type { Import } from '../constants.ts'
import type { ResolvedAsk } from '../syntax.ts'
import { bare, keyName, memberName } from '../tree.ts'
import type { Named, Node } from '../tree.ts'
import { isPure } from './effects.ts'
import type { Names } from './names.ts'

export interface Known {
  /** The value of an expression that depends on the flag alone; undefined where it does not. */
  valueOf(node: Node): boolean | undefined
  /** Whether an expression holds as a condition; more is certain of that than of its value. */
  holds(node: Node): boolean | undefined
  /** Constants that nothing reads any more once their values are written out. */
  readonly removable: ReadonlySet<Node>
  readonly left: readonly Left[]
}

/** A place that somebody must look at. */
export interface Left {
  readonly node: Node
  readonly why: string
}

/** How a call gives its answer. */
type Shape = 'value' | 'object' | 'none'

interface Knowing {
  readonly names: Names
  readonly imports: ReadonlyMap<string, Import>
  readonly keep: boolean
}

/** Finds out what is certain. */
export function knownFrom(asks: readonly ResolvedAsk[], knowing: Knowing): Known {
  const answers = new Map<Node, boolean>()
  const removable = new Set<Node>()
  const left: Left[] = []
  for (const ask of asks) {
    const found = answerOf(ask, knowing)
    if ('why' in found) left.push(found)
    else {
      for (const node of found.nodes) answers.set(node, knowing.keep)
      if (found.declarator !== undefined) removable.add(found.declarator)
    }
  }
  const valueOf = (node: Node): boolean | undefined => reckon(node, answers)
  // A constant that holds an answer makes others certain, which may hold it, too.
  for (let before = -1; before !== answers.size;) {
    before = answers.size
    for (const { sites, references } of knowing.names.declarations) {
      const declarator = constantAt(sites, knowing.names)
      const init = declarator?.init ?? undefined
      const value = init === undefined ? undefined : valueOf(init)
      if (declarator === undefined || value === undefined || removable.has(declarator)) continue
      const replaceable = references.filter((it) => isReplaceable(it, knowing.names))
      for (const it of replaceable) answers.set(it, value)
      if (replaceable.length === references.length) removable.add(declarator)
    }
  }
  return { valueOf, holds: (node) => holds(node, answers), removable, left }
}

interface Answer {
  readonly nodes: readonly Node[]
  /** Where the answer was taken apart. */
  readonly declarator?: Node
}

/** The expressions whose value is the flag's, or why nobody can tell. */
function answerOf(ask: ResolvedAsk, knowing: Knowing): Answer | Left {
  const shape = shapeOf(ask)
  if (ask.type !== undefined && ask.type !== 'boolean')
    return { node: ask.node, why: `it is asked for a ${ask.type}` }
  if (shape === 'none') return { node: ask.node, why: `${ask.call} is taken apart by hand` }
  const outer = unwrapped(ask.node, knowing.names)
  const above = knowing.names.parentOf(outer)
  const awaited = above?.type === 'AwaitExpression'
  const whole = awaited ? unwrapped(above, knowing.names) : outer
  if (shape === 'object') return valueOfObject(ask, whole, knowing)
  if (!awaited && isPromise(ask, knowing)) return { node: ask.node, why: 'its promise is not awaited here' }
  return { nodes: [awaited ? above : ask.node] }
}

function shapeOf({ call, node, kind }: ResolvedAsk): Shape {
  if (node.type !== 'CallExpression') return 'none'
  if (call === 'useBooleanFlagValue') return 'value'
  if (call.startsWith('use') || call.endsWith('Details')) return 'object'
  if (/Gate$|^gate$|FeatureFlag$/.test(call)) return 'none'
  // A handle is kept and asked later.
  if (call === 'boolean' && kind === 'call') return 'none'
  return 'value'
}

/** On servers every answer is a promise; so are those of generated methods, which are made for servers. */
function isPromise({ kind, call, node }: ResolvedAsk, { imports, names }: Knowing): boolean {
  if (call.startsWith('use')) return false
  const isOfServer = [...imports.values()].some(
    (it) => it.from === '@openfeature/server-sdk' || it.from === '@flagmarshal/sdk-server',
  )
  const above = names.parentOf(unwrapped(node, names))
  const isChained =
    above?.type === 'MemberExpression' && /^(?:then|catch|finally)$/.test(memberName(above) ?? '')
  return isChained || kind === 'accessor' || (isOfServer && call.startsWith('get'))
}

/** `useFlag(…).value`, `const { value } = useFlag(…)`, and `flag.value` of `const flag = useFlag(…)`. */
function valueOfObject(ask: ResolvedAsk, whole: Node, { names }: Knowing): Answer | Left {
  const above = names.parentOf(whole)
  if (above?.type === 'MemberExpression' && above.object === whole && memberName(above) === 'value')
    return { nodes: [above] }
  const other = { node: ask.node, why: 'more is read of it than its value' }
  if (above?.type !== 'VariableDeclarator' || !isConstant(above, names)) return other
  if (above.id.type === 'Identifier') {
    const holder = names.declarations.find((it) => it.sites.includes(above.id))
    const members = (holder?.references ?? []).map((it) => names.parentOf(it))
    const values = members.filter((it) => it?.type === 'MemberExpression' && memberName(it) === 'value')
    if (holder === undefined || values.length !== members.length) return other
    return { nodes: values.flatMap((it) => it ?? []), declarator: above }
  }
  const [only, ...more] = above.id.type === 'ObjectPattern' ? above.id.properties : []
  if (only?.type !== 'Property' || more.length > 0 || keyName(only.key, only.computed) !== 'value')
    return other
  const local = names.declarations.find((it) => it.sites.includes(only.value))
  if (local === undefined || !local.references.every((it) => isReplaceable(it, names))) return other
  return { nodes: local.references, declarator: above }
}

/** An expression with the parentheses and type assertions around it. */
function unwrapped(node: Node, names: Names): Node {
  const above = names.parentOf(node)
  return above !== undefined && above !== node && bare(above) === bare(node) ? unwrapped(above, names) : node
}

function reckon(node: Node, answers: ReadonlyMap<Node, boolean>): boolean | undefined {
  const found = answers.get(node)
  if (found !== undefined) return found
  const it = bare(node)
  if (it !== node) return reckon(it, answers)
  switch (it.type) {
    case 'UnaryExpression': {
      const value = it.operator === '!' ? holds(it.argument, answers) : undefined
      return value === undefined ? undefined : !value
    }
    case 'LogicalExpression':
      return reckonLogical(it, answers)
    case 'BinaryExpression':
      return reckonEquality(it, answers)
    case 'ConditionalExpression': {
      const test = holds(it.test, answers)
      if (test === undefined) return undefined
      return reckon(test ? it.consequent : it.alternate, answers)
    }
    case 'CallExpression': {
      const [given] = it.arguments
      const isBoolean = it.callee.type === 'Identifier' && it.callee.name === 'Boolean'
      return isBoolean && given !== undefined && it.arguments.length === 1 ? holds(given, answers) : undefined
    }
    // Of all else nothing is certain.
    default:
      return undefined
  }
}

function reckonLogical(
  { operator, left, right }: Named<'LogicalExpression'>,
  answers: ReadonlyMap<Node, boolean>,
): boolean | undefined {
  if (operator === '??') return reckon(left, answers)
  const decides = operator === '||'
  const first = holds(left, answers)
  if (first === undefined) return undefined
  return first === decides ? reckon(left, answers) : reckon(right, answers)
}

/** `7 || true` is 7, but holds; `f() || true` holds, too, but f is called. */
function holds(node: Node, answers: ReadonlyMap<Node, boolean>): boolean | undefined {
  const value = reckon(node, answers)
  const it = bare(node)
  if (value !== undefined || it.type !== 'LogicalExpression' || it.operator === '??') return value
  const decides = it.operator === '||'
  const [left, right] = [holds(it.left, answers), holds(it.right, answers)]
  if (left !== undefined) return left === decides ? left : right
  return right === decides && isPure(it.left) ? decides : undefined
}

function reckonEquality(
  { operator, left, right }: Named<'BinaryExpression'>,
  answers: ReadonlyMap<Node, boolean>,
): boolean | undefined {
  if (!/^[!=]==?$/.test(operator)) return undefined
  const [one, other] = [literalOr(left, answers), literalOr(right, answers)]
  const depends = reckon(left, answers) !== undefined || reckon(right, answers) !== undefined
  if (!depends || one === undefined || other === undefined) return undefined
  return (one === other) === operator.startsWith('=')
}

function literalOr(node: Node, answers: ReadonlyMap<Node, boolean>): boolean | undefined {
  const it = bare(node)
  return it.type === 'Literal' && typeof it.value === 'boolean' ? it.value : reckon(node, answers)
}

/** The `const a = …` of a name that is declared once. */
function constantAt(sites: readonly Node[], names: Names): Named<'VariableDeclarator'> | undefined {
  const [site, ...more] = sites
  const declarator = site === undefined ? undefined : names.parentOf(site)
  if (declarator?.type !== 'VariableDeclarator' || declarator.id !== site || more.length > 0) return undefined
  return isConstant(declarator, names) ? declarator : undefined
}

function isConstant(declarator: Node, names: Names): boolean {
  const statement = names.parentOf(declarator)
  if (statement?.type !== 'VariableDeclaration' || statement.kind !== 'const') return false
  return !/^(?:Export|For)/.test(names.parentOf(statement)?.type ?? '')
}

/** Whether a literal can stand where a name is read. */
function isReplaceable(reference: Node, names: Names): boolean {
  const above = names.parentOf(reference)
  return above?.type !== 'ExportSpecifier' && above?.type !== 'TSTypeQuery'
}
