/** Our engine, asked by key as most applications do, and by a handle kept from the start. */
import { compile } from '@flagmarshal/evaluation'
import type { Compiled, EvaluationContext, Flag, Rule, Serve } from '@flagmarshal/evaluation'

import type { Subject } from '../subject.ts'
import type { BenchFlag, User } from '../workload.ts'

/** `compiled.boolean(key, context, default)`. */
export const byKey: Subject = {
  note: 'compiled.boolean(key, context, false)',
  async load(flags) {
    const compiled = compiledFrom(flags)
    return {
      W1: (user) => compiled.boolean('w1', contextOf(user), false),
      W2: (user) => compiled.boolean('w2', contextOf(user), false),
      any: (key, user) => compiled.boolean(key, contextOf(user), false),
    }
  },
}

/** `compiled.flag(key)` once, then `handle.boolean(context, default)`. */
export const byHandle: Subject = {
  note: 'compiled.flag(key) once, then handle.boolean(context, false)',
  async load(flags) {
    const compiled = compiledFrom(flags)
    const [w1, w2] = [compiled.flag('w1'), compiled.flag('w2')]
    if (w1 === undefined || w2 === undefined) throw new Error('the flags of the workloads are missing')
    return {
      W1: (user) => w1.boolean(contextOf(user), false),
      W2: (user) => w2.boolean(contextOf(user), false),
      any: (key, user) => compiled.flag(key)?.boolean(contextOf(user), false) ?? false,
    }
  },
}

function contextOf(user: User): EvaluationContext {
  return {
    targetingKey: user.key,
    country: user.country,
    email: user.email,
    plan: user.plan,
    version: user.version,
  }
}

function compiledFrom(flags: readonly BenchFlag[]): Compiled {
  const compiled = compile({ flags: flags.map(translated), segments: [] })
  if (compiled.problems.length > 0) throw new Error(JSON.stringify(compiled.problems))
  return compiled
}

function translated(flag: BenchFlag, position: number): Flag {
  return {
    key: flag.key,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    enabled: true,
    offVariant: 'off',
    rules: flag.kind === 'countries' ? [inCountries(flag.countries)] : [],
    fallthrough: fallthroughOf(flag, position),
  }
}

function inCountries(countries: readonly string[]): Rule {
  const when = { attribute: 'country', op: 'in', values: countries } as const
  return { id: 'countries', name: 'Countries', when, serve: { variant: 'on' } }
}

function fallthroughOf(flag: BenchFlag, position: number): Serve {
  if (flag.kind === 'constant') return { variant: flag.on ? 'on' : 'off' }
  if (flag.kind === 'countries') return { variant: 'off' }
  const to = flag.percent * 1_000
  const ranges = [
    { from: 0, to, variant: 'on' },
    { from: to, to: 100_000, variant: 'off' },
  ]
  // Fifteen characters, as the server makes its salts.
  const salt = `salt-${String(position).padStart(10, '0')}`
  return { allocation: { by: 'targetingKey', salt, hash: 'murmur3', ranges } }
}
