/** Synthetic contexts for one flag, the same in every run: what it asks, what lies beside, and what is missing. */
import type { EvaluationContext, JsonValue } from '@flagmarshal/evaluation'

import { isObject } from '../given.ts'
import type { Adapter } from './adapter.ts'
import type { Asked } from './asked.ts'
import { randomOf } from './random.ts'
import type { Random } from './random.ts'

/** How often an attribute is missing. */
const MISSING = 0.15
/** How often a key is one that the flag names, where it names some. */
const NAMED = 0.4

type Attributes = Record<string, unknown>

/** What no context may lack. */
type Needs = Pick<Adapter, 'keyed' | 'splitsByLot'>

/** As many contexts as wanted, with all that an engine needs. */
export function contextsFor(
  asked: readonly Asked[],
  count: number,
  needs: Needs,
): readonly EvaluationContext[] {
  const random = randomOf(1)
  const kinds = [...new Set(asked.flatMap((it) => it.kind ?? []))]
  // Which kind a context is of may be asked itself.
  const named = asked.filter(isKindName).flatMap((it) => it.values)
  const others = named.filter(
    (it) => typeof it === 'string' && /^[\w.-]+$/.test(it) && it !== 'kind' && it !== 'multi',
  )
  const all = [...new Set([...kinds, ...others.map(String)])]
  return Array.from({ length: count }, () =>
    all.length === 0 ? contextOf(asked, random, needs) : contextOfKinds(asked, all, random),
  )
}

function isKindName({ kind, path }: Asked): boolean {
  return kind !== undefined && path.length === 1 && path[0] === 'kind'
}

/** Of one kind that is asked for, or of several. */
function contextOfKinds(
  asked: readonly Asked[],
  kinds: readonly string[],
  random: Random,
): EvaluationContext {
  const own = (kind: string): EvaluationContext =>
    contextOf(
      asked.filter((it) => it.kind === kind && !isKindName(it)),
      random,
      { keyed: true },
    )
  const some = kinds.filter(() => random.chance(0.8))
  const [only = kinds[0] ?? 'user'] = some
  if (some.length > 1 || (some.length === 1 && random.chance(0.1)))
    return { kind: 'multi', ...Object.fromEntries(some.map((it) => [it, own(it)])) }
  return { ...own(only), ...(only === 'user' ? {} : { kind: only }) }
}

function contextOf(asked: readonly Asked[], random: Random, needs: Needs): EvaluationContext {
  const context: Attributes = {}
  const key = asked.find(({ path }) => path.length === 1 && path[0] === 'targetingKey')
  if (needs.keyed === true || !random.chance(MISSING / 3)) context['targetingKey'] = keyOf(key, random)
  for (const one of asked) {
    const isNeeded = one.isKey && needs.splitsByLot === true
    if (one === key || (!isNeeded && random.chance(MISSING))) continue
    const value = one.isKey ? keyOf(one, random) : valueOf(one, random)
    if (value !== undefined) put(context, one.path, value)
  }
  return context
}

/** One of very many, or one that is asked for. */
function keyOf(asked: Asked | undefined, random: Random): JsonValue {
  const named = (asked?.values ?? []).filter((it) => typeof it === 'string' && it !== '')
  const one = random.chance(NAMED) ? random.pick(named) : undefined
  return one ?? `key-${random.below(1_000_000)}`
}

function valueOf({ values, isNumber }: Asked, random: Random): JsonValue | undefined {
  return random.pick(isNumber ? values.filter((it) => typeof it === 'number') : values)
}

/** Sets an attribute; what is no object on the way to it stays as it is. */
function put(context: Attributes, [name = '', ...below]: readonly string[], value: JsonValue): void {
  if (name === '__proto__') return
  if (below.length === 0) {
    context[name] = value
    return
  }
  const inner = context[name] ?? {}
  if (!isObject(inner)) return
  context[name] = { ...inner }
  put(context[name] as Attributes, below, value)
}
