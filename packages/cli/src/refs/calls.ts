/**
 * Calls that ask a flag: those of OpenFeature's clients and hooks, of our own middleware and handles,
 * and those that `flagmarshal/refs.yaml` names.
 */
import type { Import } from './constants.ts'
import { bare, keyName, memberName } from './tree.ts'
import type { Named, Node } from './tree.ts'

export type AskedType = 'boolean' | 'string' | 'number' | 'object'

/** A place that asks a flag, as the tree has it. */
export interface Ask {
  readonly node: Node
  readonly call: string
  /** What gives the key. */
  readonly key: Node
  /** What is taken where nothing can be evaluated. */
  readonly fallback?: Node | undefined
  readonly type?: AskedType | undefined
}

/** What a file imports, and which further functions take a key as their first argument. */
export interface Calling {
  readonly imports: ReadonlyMap<string, Import>
  readonly calls: ReadonlySet<string>
}

const TYPED = /^(?:get|use)(Boolean|String|Number|Object)(?:Flag)?(?:Value|Details)$/
const GATES: ReadonlySet<string> = new Set(['gate', 'expressGate', 'fastifyGate', 'honoGate'])
const HOOKS: ReadonlySet<string> = new Set(['useFlag', 'useSuspenseFlag'])
const HANDLES: ReadonlySet<string> = new Set(['boolean', 'string', 'number', 'object'])

/** What a node asks, if it asks anything. */
export function askOf(node: Node, calling: Calling): Ask | undefined {
  if (node.type === 'CallExpression') return ofCall(node, calling)
  if (node.type === 'JSXElement') return ofElement(node)
  return undefined
}

/** What a call is called: `f` of `f()`, of `a.f()` and of `a?.f()`. */
export function calledName({ callee }: Named<'CallExpression'>): string | undefined {
  const it = bare(callee)
  return it.type === 'Identifier' ? it.name : memberName(it)
}

function ofCall(node: Named<'CallExpression'>, { imports, calls }: Calling): Ask | undefined {
  const local = calledName(node)
  if (local === undefined) return undefined
  const imported = node.callee.type === 'Identifier' ? imports.get(local) : undefined
  const call = imported === undefined || imported.name === '*' ? local : imported.name
  const [key, fallback] = node.arguments
  if (key === undefined || key.type === 'SpreadElement') return undefined
  const ask = { node, call, key, fallback }
  const typed = TYPED.exec(call)?.[1]?.toLowerCase()
  // Without a default it is somebody else's getter: OpenFeature demands one.
  if (typed !== undefined && isType(typed))
    return fallback === undefined ? undefined : { ...ask, type: typed }
  if (HOOKS.has(call)) return { ...ask, type: typeOfLiteral(fallback) }
  if (GATES.has(call) && imported?.from === '@flagmarshal/sdk-middleware')
    return { node, call, key, type: 'boolean' }
  if (calls.has(call)) return { ...ask, type: typeOfLiteral(fallback) }
  if (HANDLES.has(call) && isType(call) && bare(node.callee).type === 'MemberExpression') {
    const isHandle = fallback !== undefined && usesServerSdk(imports) && isText(key)
    return isHandle ? { ...ask, type: call } : undefined
  }
  return ofDecorator(node, call)
}

/** `@BooleanFeatureFlag({ flagKey: 'a', defaultValue: false })`. */
function ofDecorator(node: Named<'CallExpression'>, call: string): Ask | undefined {
  const [given] = node.arguments
  if (!call.endsWith('FeatureFlag') || given?.type !== 'ObjectExpression') return undefined
  const members = new Map(
    given.properties.flatMap((it) =>
      it.type === 'Property' ? [[keyName(it.key, it.computed), it.value] as const] : [],
    ),
  )
  const key = members.get('flagKey')
  const type = call.replace('FeatureFlag', '').toLowerCase()
  if (key === undefined) return undefined
  return { node, call, key, fallback: members.get('defaultValue'), type: isType(type) ? type : undefined }
}

/** `<FeatureFlag flagKey="a" defaultValue={false}>`. */
function ofElement(node: Named<'JSXElement'>): Ask | undefined {
  const { name, attributes } = node.openingElement
  if (name.type !== 'JSXIdentifier' || name.name !== 'FeatureFlag') return undefined
  const given = (wanted: string) => {
    for (const it of attributes)
      if (it.type === 'JSXAttribute' && it.name.type === 'JSXIdentifier' && it.name.name === wanted)
        return it.value?.type === 'JSXExpressionContainer' ? it.value.expression : (it.value ?? undefined)
    return undefined
  }
  const key = given('flagKey')
  if (key === undefined) return undefined
  const fallback = given('defaultValue')
  return { node, call: 'FeatureFlag', key, fallback, type: typeOfLiteral(fallback) }
}

function usesServerSdk(imports: Calling['imports']): boolean {
  return [...imports.values()].some((it) => it.from === '@flagmarshal/sdk-server')
}

function typeOfLiteral(node: Node | undefined): AskedType | undefined {
  const it = node === undefined ? undefined : bare(node)
  if (it?.type === 'ObjectExpression') return 'object'
  if (it?.type !== 'Literal') return undefined
  const type = typeof it.value
  return type === 'boolean' || type === 'string' || type === 'number' ? type : undefined
}

function isText(node: Node): boolean {
  const it = bare(node)
  return it.type === 'TemplateLiteral' || (it.type === 'Literal' && typeof it.value === 'string')
}

function isType(text: string): text is AskedType {
  return HANDLES.has(text)
}
