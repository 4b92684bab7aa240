/**
 * A document as it would be read back: with what may be left out filled in, and with the salts and
 * hash schemes that live allocations have, so that nobody moves because nobody wrote a salt.
 */
import type { ConfigDocument } from '@flagmarshal/api/config-document'

type Flag = ConfigDocument<'Flag'>
type Spec = Flag['spec']
type Served = Spec['environments'][string]
type Rule = Served['rules'][number]
type Serve = NonNullable<Served['fallthrough']>

/** A flag as it would be read back. */
export function completeFlag(flag: Flag, live: Flag | undefined): Flag {
  const { metadata, spec } = flag
  const environments = Object.entries(spec.environments).map(([environment, it]): [string, Served] => [
    environment,
    completeServed(it, spec, live?.spec.environments[environment]),
  ])
  return {
    ...flag,
    spec: {
      ...lifetimeOf(spec, live),
      ...spec,
      name: spec.name ?? metadata.name,
      environments: Object.fromEntries(environments),
    },
  }
}

/** A flag for which none was written keeps the lifetime that it was given. */
function lifetimeOf(spec: Spec, live: Flag | undefined): Pick<Spec, 'lifetimeDays' | 'permanentReason'> {
  const { lifetimeDays, permanentReason } = live?.spec ?? {}
  if (spec.lifetimeDays !== undefined || spec.permanentReason !== undefined) return {}
  return {
    ...(lifetimeDays === undefined ? {} : { lifetimeDays }),
    ...(permanentReason === undefined ? {} : { permanentReason }),
  }
}

/** A segment as it would be read back. */
export function completeSegment(segment: ConfigDocument<'Segment'>): ConfigDocument<'Segment'> {
  const { metadata, spec } = segment
  return { ...segment, spec: { ...spec, name: spec.name ?? metadata.name } }
}

function completeServed(served: Served, { offVariant }: Spec, live: Served | undefined): Served {
  const off = served.offVariant ?? offVariant
  const ids = new Set(served.rules.map((it) => it.id))
  return {
    ...served,
    offVariant: off,
    rules: served.rules.map((rule) => completeRule(rule, ids, live)),
    fallthrough: salted(served.fallthrough ?? { variant: off }, live?.fallthrough),
  }
}

function completeRule(rule: Rule, taken: Set<string | undefined>, live: Served | undefined): Rule {
  const id = rule.id ?? freeId(rule.name, taken)
  const serve = live?.rules.find((it) => it.id === id)?.serve
  return 'exposure' in rule.serve ? { ...rule, id } : { ...rule, id, serve: salted(rule.serve, serve) }
}

/** A rule without an id is known by its name, so that the same file always means the same rule. */
function freeId(name: string, taken: Set<string | undefined>): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const base = `rule-${words.replaceAll(/^-|-$/g, '').slice(0, 60)}`
  let id = base
  for (let i = 2; taken.has(id); i++) id = `${base}-${i}`
  taken.add(id)
  return id
}

function salted(serve: Serve, live: Rule['serve'] | undefined): Serve {
  if (!('allocation' in serve) || serve.allocation.salt !== undefined) return serve
  const salt = live !== undefined && 'allocation' in live ? live.allocation.salt : undefined
  return salt === undefined ? serve : { allocation: { ...serve.allocation, salt } }
}
