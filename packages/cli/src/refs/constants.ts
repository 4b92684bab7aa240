/**
 * Texts that are known without running the code: literals, templates and sums of them, members of
 * constant objects and enums, across imports by relative path.
 */
import path from 'node:path'

import { bare, childrenOf, keyName, memberName, walk } from './tree.ts'
import type { Node, Tree } from './tree.ts'

/** What one module says of names. */
export interface Module {
  readonly file: string
  /** Where a constant gets its value; undefined for a name that is declared more than once. */
  readonly constants: ReadonlyMap<string, Node | undefined>
  readonly imports: ReadonlyMap<string, Import>
  readonly exports: ReadonlyMap<string, Export>
  /** Modules of which everything is passed on. */
  readonly passedOn: readonly string[]
}

export interface Import {
  readonly from: string
  /** `*` for the whole module. */
  readonly name: string
}

type Export = { readonly local: string } | Import

/** The modules of a repository, by path. */
export type Modules = ReadonlyMap<string, Module>

/** Deeper chains of names are taken for unknown: some end nowhere. */
const DEEPEST = 12

export function moduleOf(file: string, { program }: Tree): Module {
  const constants = new Map<string, Node | undefined>()
  const imports = new Map<string, Import>()
  const exports = new Map<string, Export>()
  const passedOn: string[] = []
  const declare = (name: string, value: Node | undefined) =>
    constants.set(name, constants.has(name) ? undefined : value)
  walk(program, (node, above) => {
    if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier') {
      const statement = above.at(-1)
      const isConstant = statement?.type === 'VariableDeclaration' && statement.kind === 'const'
      declare(node.id.name, isConstant && node.init !== null ? node.init : undefined)
    } else if (node.type === 'TSEnumDeclaration') declare(node.id.name, node)
    else if (node.type === 'ImportDeclaration') {
      for (const it of node.specifiers)
        imports.set(it.local.name, { from: node.source.value, name: nameOf(it) })
    } else if (node.type === 'ExportAllDeclaration') passedOn.push(node.source.value)
    else if (node.type === 'ExportNamedDeclaration') {
      for (const name of declared(node.declaration)) exports.set(name, { local: name })
      for (const { local, exported } of node.specifiers) {
        const [from, name] = [textOf(local), textOf(exported)]
        exports.set(name, node.source === null ? { local: from } : { from: node.source.value, name: from })
      }
    }
    return undefined
  })
  return { file, constants, imports, exports, passedOn }
}

/** The text that an expression is; undefined where only running it would tell. */
export function textIn(module: Module, expression: Node, modules: Modules): string | undefined {
  return text(expression, { module, modules, depth: 0 })
}

interface Place {
  readonly module: Module
  readonly modules: Modules
  readonly depth: number
}

function text(node: Node, place: Place): string | undefined {
  const it = bare(node)
  if (it.type === 'Literal') return typeof it.value === 'string' ? it.value : undefined
  if (it.type === 'TemplateLiteral') {
    const parts = it.expressions.map((one) => text(one, place))
    const quasis = it.quasis.map((one) => one.value.cooked)
    if (parts.includes(undefined) || quasis.includes(null)) return undefined
    return quasis.map((one, index) => `${one ?? ''}${parts[index] ?? ''}`).join('')
  }
  if (it.type === 'BinaryExpression' && it.operator === '+') {
    const [left, right] = [text(it.left, place), text(it.right, place)]
    return left === undefined || right === undefined ? undefined : left + right
  }
  const found = valueOf(it, place)
  return found === undefined || found.node === it ? undefined : text(found.node, found.place)
}

/** A value, and the module that its own names are of. */
interface Found {
  readonly node: Node
  readonly place: Place
}

/** What a name or a member of one stands for. */
function valueOf(node: Node, place: Place): Found | undefined {
  if (place.depth > DEEPEST) return undefined
  const it = bare(node)
  const deeper = { ...place, depth: place.depth + 1 }
  if (it.type === 'Identifier') return named(it.name, deeper)
  const member = memberName(it)
  if (it.type === 'MemberExpression' && member !== undefined) {
    const whole = moduleNamed(it.object, place)
    if (whole !== undefined) return exported(member, { ...deeper, module: whole })
    const object = valueOf(it.object, deeper)
    return object === undefined ? undefined : memberOf(object, member)
  }
  return { node: it, place }
}

function named(name: string, place: Place): Found | undefined {
  const { module, modules } = place
  const value = module.constants.get(name)
  if (value !== undefined) return valueOf(frozen(value), place)
  const imported = module.imports.get(name)
  if (imported === undefined || module.constants.has(name)) return undefined
  const other = resolve(module.file, imported.from, modules)
  return other === undefined ? undefined : exported(imported.name, { ...place, module: other })
}

function exported(name: string, place: Place): Found | undefined {
  if (place.depth > DEEPEST) return undefined
  const { module, modules } = place
  const deeper = { ...place, depth: place.depth + 1 }
  const own = module.exports.get(name)
  if (own !== undefined && 'local' in own) return named(own.local, deeper)
  if (own !== undefined) {
    const other = resolve(module.file, own.from, modules)
    return other === undefined ? undefined : exported(own.name, { ...deeper, module: other })
  }
  for (const from of module.passedOn) {
    const other = resolve(module.file, from, modules)
    const found = other === undefined ? undefined : exported(name, { ...deeper, module: other })
    if (found !== undefined) return found
  }
  return undefined
}

function memberOf({ node, place }: Found, name: string): Found | undefined {
  if (node.type === 'TSEnumDeclaration') {
    const member = node.body.members.find((it) => keyName(it.id, it.computed) === name)
    const value = member?.initializer ?? undefined
    return value === undefined ? undefined : { node: value, place }
  }
  if (node.type !== 'ObjectExpression') return undefined
  for (const it of node.properties)
    if (it.type === 'Property' && keyName(it.key, it.computed) === name) return valueOf(it.value, place)
  return undefined
}

/** The module that a name stands for as a whole: `import * as keys from './keys'`. */
function moduleNamed(node: Node, { module, modules }: Place): Module | undefined {
  if (node.type !== 'Identifier') return undefined
  const imported = module.imports.get(node.name)
  return imported?.name === '*' ? resolve(module.file, imported.from, modules) : undefined
}

/** `Object.freeze({…})` is its object. */
function frozen(node: Node): Node {
  const it = bare(node)
  if (it.type !== 'CallExpression' || memberName(it.callee) !== 'freeze') return it
  return it.arguments[0] ?? it
}

/** The file that a relative path means, as compilers and bundlers find it. */
function resolve(from: string, specifier: string, modules: Modules): Module | undefined {
  if (!specifier.startsWith('.')) return undefined
  const base = path.posix.join(path.posix.dirname(from), specifier)
  const stem = base.replace(/\.[cm]?jsx?$/, '')
  for (const one of [base, stem, `${base}/index`])
    for (const end of ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']) {
      const found = modules.get(one + end)
      if (found !== undefined) return found
    }
  return undefined
}

function nameOf(it: Node): string {
  if (it.type === 'ImportNamespaceSpecifier') return '*'
  return it.type === 'ImportSpecifier' ? textOf(it.imported) : 'default'
}

function textOf(it: Node): string {
  if (it.type === 'Identifier') return it.name
  return it.type === 'Literal' && typeof it.value === 'string' ? it.value : ''
}

function declared(node: Node | null): readonly string[] {
  if (node === null) return []
  if (node.type === 'TSEnumDeclaration') return [node.id.name]
  if (node.type !== 'VariableDeclaration') return []
  return childrenOf(node).flatMap((it) =>
    it.type === 'VariableDeclarator' && it.id.type === 'Identifier' ? [it.id.name] : [],
  )
}
