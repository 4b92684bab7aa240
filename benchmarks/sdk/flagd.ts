/** flagd's in-process engine, through its own resolver. */
import { FlagdCore } from '@openfeature/flagd-core'

import type { Subject } from '../subject.ts'
import type { BenchFlag, User } from '../workload.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }

/** `core.resolveBooleanEvaluation(key, default, context, logger)`. */
export const flagd: Subject = {
  note: 'resolveBooleanEvaluation(); percentages are `fractional`',
  async load(flags) {
    const core = new FlagdCore(undefined, silent)
    core.setConfigurations(
      JSON.stringify({ flags: Object.fromEntries(flags.map((flag) => [flag.key, translated(flag)])) }),
    )
    const evaluate = (key: string, user: User): boolean =>
      core.resolveBooleanEvaluation(key, false, contextOf(user), silent).value
    return {
      W1: (user) => core.resolveBooleanEvaluation('w1', false, contextOf(user), silent).value,
      W2: (user) => core.resolveBooleanEvaluation('w2', false, contextOf(user), silent).value,
      any: evaluate,
    }
  },
}

function contextOf(user: User) {
  return {
    targetingKey: user.key,
    country: user.country,
    email: user.email,
    plan: user.plan,
    version: user.version,
  }
}

function translated(flag: BenchFlag): object {
  const base = { state: 'ENABLED', variants: { on: true, off: false } }
  switch (flag.kind) {
    case 'constant':
      return { ...base, defaultVariant: flag.on ? 'on' : 'off' }
    case 'percentage': {
      const parts = [
        ['on', flag.percent],
        ['off', 100 - flag.percent],
      ]
      return { ...base, defaultVariant: 'off', targeting: { fractional: parts } }
    }
    case 'countries': {
      const test = { in: [{ var: 'country' }, flag.countries] }
      return { ...base, defaultVariant: 'off', targeting: { if: [test, 'on', 'off'] } }
    }
  }
}
