/**
 * Which declaration each name of a file means: scopes, what they declare, and what refers to it. Types
 * and values of one name in one scope are one declaration.
 */
import { childrenOf } from '../tree.ts'
import type { Node, Tree } from '../tree.ts'

export interface Declaration {
  readonly name: string
  /** The identifiers that declare it, one but for merged declarations. */
  readonly sites: readonly Node[]
  readonly references: readonly Node[]
}

export interface Names {
  readonly declarations: readonly Declaration[]
  readonly parentOf: (node: Node) => Node | undefined
}

interface Scope {
  readonly outer: Scope | undefined
  readonly isFunction: boolean
  readonly declared: Map<string, { name: string; sites: Node[]; references: Node[] }>
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'TSDeclareFunction',
  'TSEmptyBodyFunctionExpression',
])

const SCOPES: ReadonlySet<string> = new Set([
  ...FUNCTIONS,
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'CatchClause',
  'SwitchStatement',
  'ClassDeclaration',
  'ClassExpression',
  'StaticBlock',
  'TSModuleBlock',
  'TSTypeAliasDeclaration',
  'TSInterfaceDeclaration',
  'TSFunctionType',
  'TSConstructorType',
  'TSMethodSignature',
  'TSCallSignatureDeclaration',
  'TSConstructSignatureDeclaration',
  'TSMappedType',
  'TSConditionalType',
])

/** Resolves every name of a tree. */
export function namesOf({ program }: Tree): Names {
  const parents = new Map<Node, Node>()
  const declarations: Declaration[] = []
  const uses: { readonly node: Node; readonly name: string; readonly scope: Scope }[] = []
  const open = (outer: Scope | undefined, isFunction: boolean): Scope => ({
    outer,
    isFunction,
    declared: new Map(),
  })
  const declare = (scope: Scope, site: Node, name: string) => {
    const known = scope.declared.get(name)
    if (known !== undefined) known.sites.push(site)
    else {
      const made = { name, sites: [site], references: [] }
      scope.declared.set(name, made)
      declarations.push(made)
    }
  }
  const visit = (node: Node, scope: Scope) => {
    const inner = SCOPES.has(node.type) ? open(scope, FUNCTIONS.has(node.type)) : scope
    for (const { site, into } of declaredBy(node))
      declare(
        into === 'outer' ? scope : into === 'function' ? functionScope(inner) : inner,
        site,
        nameIn(site),
      )
    for (const child of childrenOf(node)) {
      parents.set(child, node)
      if (isReference(child, node)) uses.push({ node: child, name: nameIn(child), scope: inner })
      visit(child, inner)
    }
  }
  visit(program, open(undefined, true))
  const sites = new Set(declarations.flatMap((it) => it.sites))
  for (const { node, name, scope } of uses) {
    if (sites.has(node)) continue
    let at: Scope | undefined = scope
    while (at !== undefined && !at.declared.has(name)) at = at.outer
    at?.declared.get(name)?.references.push(node)
  }
  return { declarations, parentOf: (node) => parents.get(node) }
}

/** Identifiers in a pattern that it declares. */
export function boundIn(pattern: Node): readonly Node[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern]
    case 'ObjectPattern':
      return pattern.properties.flatMap((it) => boundIn(it.type === 'Property' ? it.value : it.argument))
    case 'ArrayPattern':
      return pattern.elements.flatMap((it) => (it === null ? [] : boundIn(it)))
    case 'AssignmentPattern':
      return boundIn(pattern.left)
    case 'RestElement':
      return boundIn(pattern.argument)
    case 'TSParameterProperty':
      return boundIn(pattern.parameter)
    // Nothing else declares.
    default:
      return []
  }
}

interface Declared {
  readonly site: Node
  /** The scope around the node, the one that it opens (or stands in), or that of the function. */
  readonly into: 'outer' | 'inner' | 'function'
}

function declaredBy(node: Node): readonly Declared[] {
  const own = (into: Declared['into'], ...found: readonly (Node | null)[]) =>
    found.flatMap((site) => (site === null ? [] : [{ site, into }]))
  switch (node.type) {
    case 'VariableDeclaration': {
      const into = node.kind === 'var' ? 'function' : 'inner'
      return node.declarations.flatMap((it) => own(into, ...boundIn(it.id)))
    }
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return [...own('outer', node.id), ...node.params.flatMap((it) => own('inner', ...boundIn(it)))]
    case 'FunctionExpression':
    case 'TSEmptyBodyFunctionExpression':
      return [...own('inner', node.id), ...node.params.flatMap((it) => own('inner', ...boundIn(it)))]
    case 'ArrowFunctionExpression':
    case 'TSFunctionType':
    case 'TSConstructorType':
    case 'TSMethodSignature':
    case 'TSCallSignatureDeclaration':
    case 'TSConstructSignatureDeclaration':
      return node.params.flatMap((it) => own('inner', ...boundIn(it)))
    case 'ClassDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSEnumDeclaration':
      return own('outer', node.id)
    case 'ClassExpression':
      return own('inner', node.id)
    case 'TSModuleDeclaration':
      return node.id.type === 'Identifier' ? own('outer', node.id) : []
    case 'TSImportEqualsDeclaration':
      return own('outer', node.id)
    case 'CatchClause':
      return node.param === null ? [] : own('inner', ...boundIn(node.param))
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return own('outer', node.local)
    case 'TSTypeParameter':
      return own('outer', node.name)
    case 'TSMappedType':
      return own('inner', node.key)
    // Nothing else declares.
    default:
      return []
  }
}

/** Whether an identifier stands for what a name means, and is no name of a member, label or attribute. */
function isReference(node: Node, parent: Node): boolean {
  if (node.type === 'JSXIdentifier')
    return (
      ((parent.type === 'JSXOpeningElement' || parent.type === 'JSXClosingElement') &&
        /^[\p{Lu}_$]/u.test(node.name)) ||
      (parent.type === 'JSXMemberExpression' && parent.object === node)
    )
  if (node.type !== 'Identifier') return false
  switch (parent.type) {
    case 'MemberExpression':
      return parent.computed || parent.property !== node
    case 'Property':
      // In {a} key and value are two identifiers of one place; the value is the one that is read.
      return parent.computed || parent.key !== node
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return parent.computed || parent.key !== node
    case 'TSEnumMember':
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'ImportSpecifier':
    case 'ImportAttribute':
    case 'MetaProperty':
    case 'TSNamedTupleMember':
      return parent.type === 'TSEnumMember' && parent.initializer === node
    case 'TSQualifiedName':
      return parent.left === node
    case 'ExportSpecifier':
      return parent.local === node
    // Anywhere else a name means something.
    default:
      return true
  }
}

function functionScope(scope: Scope): Scope {
  let at = scope
  while (!at.isFunction && at.outer !== undefined) at = at.outer
  return at
}

function nameIn(node: Node): string {
  return node.type === 'Identifier' || node.type === 'JSXIdentifier' ? node.name : ''
}
