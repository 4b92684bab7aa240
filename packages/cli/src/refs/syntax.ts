/**
 * Where a TypeScript or JavaScript file refers to flags: it asks one by its key or by a generated
 * accessor, or names a key for somebody else to ask.
 */
import type { DynamicAsk, ReferenceKind } from '@flagmarshal/domain/reference/code-references'

import { askOf, calledName } from './calls.ts'
import type { Ask, AskedType } from './calls.ts'
import { textIn } from './constants.ts'
import type { Module, Modules } from './constants.ts'
import { isDistinctive } from './names.ts'
import type { Accessors } from './names.ts'
import { bare, linesOf, memberName, walk } from './tree.ts'
import type { Named, Node, Tree } from './tree.ts'

/** A place in a file that refers to a flag. */
export interface Found {
  readonly flag: string
  readonly line: number
  readonly kind: ReferenceKind
  /** The name in the code, where it is not the key. */
  readonly alias?: string
  readonly asks?: Asks
}

/** How a flag is asked there. */
export interface Asks {
  readonly type?: AskedType
  /** Absent where it is no literal. */
  readonly fallback?: boolean | string | number
}

export interface FileFindings {
  readonly found: readonly Found[]
  readonly dynamic: readonly Omit<DynamicAsk, 'file'>[]
}

/** What a file is searched for. */
export interface Searched {
  readonly keys: ReadonlySet<string>
  readonly accessors: Accessors
  readonly calls: ReadonlySet<string>
  readonly modules: Modules
}

/** An ask with what is known of it. */
export interface ResolvedAsk extends Ask {
  /** Undefined where only running the code would tell. */
  readonly flag: string | undefined
  readonly kind: 'call' | 'accessor'
}

/** Every place of a file that asks a flag, in the order of the text. */
export function asksIn(tree: Tree, module: Module, searched: Searched): readonly ResolvedAsk[] {
  const asks: ResolvedAsk[] = []
  const { imports } = module
  const usesGenerated = [...imports.values()].some((it) =>
    /^(?:getGeneratedClient|GeneratedClient)$/.test(it.name),
  )
  walk(tree.program, (node) => {
    const ask = askOf(node, { imports, calls: searched.calls })
    if (ask !== undefined) {
      const constant = constantOf(ask.key, module, searched)
      asks.push({ ...ask, flag: constant ?? textIn(module, ask.key, searched.modules), kind: 'call' })
    } else if (node.type === 'CallExpression') {
      const accessor = accessorOf(node, module, { searched, usesGenerated })
      if (accessor !== undefined) asks.push({ node, key: node.callee, kind: 'accessor', ...accessor })
    }
    return undefined
  })
  return asks
}

/** Everything that a file has of flags. */
export function findInTree(tree: Tree, module: Module, searched: Searched): FileFindings {
  const line = linesOf(tree.text)
  const found: Found[] = []
  const dynamic: Omit<DynamicAsk, 'file'>[] = []
  const seen = new Set<Node>()
  for (const { node, key, flag, kind, call, type, fallback } of asksIn(tree, module, searched)) {
    seen.add(bare(key))
    if (flag === undefined) dynamic.push({ line: line(node.start), text: shortened(tree, node) })
    else {
      const literal = isLiteral(key)
        ? undefined
        : kind === 'accessor'
          ? call
          : tree.text.slice(key.start, key.end)
      const alias = literal === undefined ? {} : { alias: literal.slice(0, 200) }
      found.push({
        flag,
        line: line(node.start),
        kind,
        ...alias,
        asks: { ...typed(type), ...fallbackOf(fallback) },
      })
    }
  }
  walk(tree.program, (node) => {
    if (node.type === 'ImportDeclaration') return false
    const text = seen.has(node) ? undefined : mentioned(node)
    if (text !== undefined && searched.keys.has(text) && isDistinctive(text))
      found.push({ flag: text, line: line(node.start), kind: 'mention' })
    const constant = constantOf(node, module, searched)
    if (constant !== undefined && !seen.has(node))
      found.push({
        flag: constant,
        line: line(node.start),
        kind: 'accessor',
        alias: tree.text.slice(node.start, node.end),
      })
    return undefined
  })
  return { found, dynamic }
}

interface Accessing {
  readonly searched: Searched
  readonly usesGenerated: boolean
}

function accessorOf(
  node: Named<'CallExpression'>,
  { imports }: Module,
  { searched, usesGenerated }: Accessing,
): Pick<ResolvedAsk, 'flag' | 'call' | 'type'> | undefined {
  const name = calledName(node)
  if (name === undefined) return undefined
  if (bare(node.callee).type === 'Identifier') {
    const call = imports.get(name)?.name ?? name
    const flag = searched.accessors.hooks.get(call)
    return flag === undefined ? undefined : { flag, call }
  }
  const flag = searched.accessors.methods.get(name)
  // A method of one word is only taken for a flag where the file names the generated client.
  const isOurs = flag !== undefined && (usesGenerated || isDistinctive(flag))
  return isOurs ? { flag, call: name } : undefined
}

/** The flag that `FlagKeys.NEW_CHECKOUT` names. */
function constantOf(node: Node, { imports }: Module, { accessors }: Searched): string | undefined {
  const it = bare(node)
  if (it.type !== 'MemberExpression' || it.object.type !== 'Identifier') return undefined
  const of = imports.get(it.object.name)?.name ?? it.object.name
  return of === 'FlagKeys' ? accessors.constants.get(memberName(it) ?? '') : undefined
}

function mentioned(node: Node): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined
  return node.quasis[0]?.value.cooked ?? undefined
}

function isLiteral(node: Node): boolean {
  return mentioned(bare(node)) !== undefined
}

function typed(type: AskedType | undefined): Pick<Asks, 'type'> {
  return type === undefined ? {} : { type }
}

function fallbackOf(node: Node | undefined): Pick<Asks, 'fallback'> {
  const it = node === undefined ? undefined : bare(node)
  if (it?.type !== 'Literal') return {}
  const { value } = it
  return typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number'
    ? { fallback: value }
    : {}
}

function shortened({ text }: Tree, { start, end }: Node): string {
  const line = text.slice(start, end).replaceAll(/\s+/g, ' ')
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}
