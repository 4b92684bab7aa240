/**
 * Attributes of contexts of a kind.
 *
 * A context has a kind (`kind`, which is `user` where there is none), or it is of the kind `multi` and
 * has one context for each of several kinds under the name of the kind. An attribute is named as in a
 * JSON Pointer (`/address/street`, RFC 6901), or by its name alone. These are the rules of LaunchDarkly,
 * whose imported flags ask for them, and of its OpenFeature provider:
 * https://github.com/launchdarkly/js-core/tree/main/packages/sdk/openfeature-node-server.
 */
import { attribute, namesIn } from './attribute.ts'
import type { Reader } from './attribute.ts'
import type { EvaluationContext } from './model.ts'
import { Undecidable } from './undecidable.ts'

const KIND = /^[\w.-]+$/
const WITHOUT_KEY = new Undecidable(
  'TARGETING_KEY_MISSING',
  'a context has no key, or a kind that is no name of letters, digits, ., _ and -',
)

/**
 * Reads an attribute of the context of a kind; `undefined` where there is no such context. What is read
 * throws `Undecidable` for a context without a key: a flag that asks for a kind is not evaluated for it.
 */
export function kindReader(kind: string, reference: string): Reader {
  if (typeof kind !== 'string') throw new TypeError('the kind of a context is no text')
  const [name = '', ...path] = names(reference)
  if (name === 'kind' && path.length === 0) return kindsOf
  return (context) => {
    const own = contextOf(context, kind)
    return own === undefined ? undefined : plain(path.reduce(member, special(own, name)))
  }
}

/** The names of a reference: `/a~1b/c` is `c` of `a/b`. Throws an error for one that is empty. */
function names(reference: string): readonly string[] {
  if (typeof reference !== 'string' || reference === '' || reference === '/')
    throw new TypeError('an attribute has no name')
  if (!reference.startsWith('/')) return [reference]
  return reference
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The kinds that a context has. */
function kindsOf(context: EvaluationContext): readonly string[] {
  const kind = attribute(context, 'kind')
  return kind === 'multi' ? severalKinds(context) : [singleKind(context, kind)]
}

function contextOf(context: EvaluationContext, wanted: string): EvaluationContext | undefined {
  const kind = attribute(context, 'kind')
  if (kind !== 'multi') return singleKind(context, kind) === wanted ? context : undefined
  if (!severalKinds(context).includes(wanted)) return undefined
  const own = attribute(context, wanted)
  return isObject(own) ? own : undefined
}

function singleKind(context: EvaluationContext, kind: unknown): string {
  const name = typeof kind === 'string' ? kind : 'user'
  requireKeyed(name, context)
  return name
}

/** Whatever is no object under a name is no context. */
function severalKinds(context: EvaluationContext): readonly string[] {
  const kinds = namesIn(context).filter((name) => {
    const own = name === 'kind' ? undefined : attribute(context, name)
    if (!isObject(own)) return false
    requireKeyed(name, own)
    return true
  })
  if (kinds.length === 0) throw WITHOUT_KEY
  return kinds
}

function requireKeyed(kind: string, context: EvaluationContext): void {
  const key = keyOf(context)
  if (typeof key !== 'string' || key === '' || kind === 'kind' || !KIND.test(kind)) throw WITHOUT_KEY
}

function keyOf(context: EvaluationContext): unknown {
  return attribute(context, 'targetingKey') ?? attribute(context, 'key')
}

/** An attribute by its first name; some names are not the application's own. */
function special(context: EvaluationContext, name: string): unknown {
  switch (name) {
    case 'key':
      return keyOf(context)
    case 'anonymous':
      return attribute(context, 'anonymous') === true
    case 'name': {
      const value = attribute(context, 'name')
      return typeof value === 'string' ? value : undefined
    }
    case 'kind':
    case 'targetingKey':
    case 'privateAttributes':
    case '_meta':
      return undefined
    default:
      return attribute(context, name)
  }
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && !(value instanceof Date) ? attribute(value, name) : undefined
}

/** Dates are compared as the texts that they are sent as. */
function plain(value: unknown): unknown {
  if (!(value instanceof Date)) return value
  return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
}

function isObject(value: unknown): value is EvaluationContext {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
