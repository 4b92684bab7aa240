/** flagd's in-process engine, through its own resolver, and its OpenFeature provider. */
import { FlagdCore } from '@openfeature/flagd-core'
import { FlagdProvider } from '@openfeature/flagd-provider'

import type { Subject } from '../subject.ts'
import { RULES, VARIANTS } from '../workload.ts'
import type { BenchFlag, Spec } from '../workload.ts'
import { contextOf } from './context.ts'
import { callsThrough } from './open-feature.ts'

const silent = { error() {}, warn() {}, info() {}, debug() {} }

/** `core.resolveBooleanEvaluation(key, default, context, logger)`. */
export const core: Subject = {
  note: 'resolveBooleanEvaluation(); percentages are `fractional`, segments `$evaluators`; W5 is resolveAll()',
  translate,
  load(text) {
    const flags = new FlagdCore(undefined, silent)
    flags.setConfigurations(text)
    return {
      w1: (user) => flags.resolveBooleanEvaluation('w1', false, contextOf(user), silent).value,
      w1off: (user) => flags.resolveBooleanEvaluation('w1off', false, contextOf(user), silent).value,
      w2: (user) => flags.resolveBooleanEvaluation('w2', false, contextOf(user), silent).value,
      w3: (user) => flags.resolveBooleanEvaluation('w3', false, contextOf(user), silent).value,
      w4: (user) => flags.resolveObjectEvaluation('w4', {}, contextOf(user), silent).value,
      w5: {
        call: (user) => flags.resolveAll(contextOf(user), silent),
        count: (all) => (all as Resolved).length,
        get: (all, key) => (all as Resolved).find(({ flagKey }) => flagKey === key)?.value,
      },
      w7: (user) => flags.resolveBooleanEvaluation('w7', false, contextOf(user), silent).value,
    }
  },
}

type Resolved = ReturnType<FlagdCore['resolveAll']>

/** The provider that evaluates in the process, from a file. */
export const provider: Subject = {
  note: 'resolverType in-process, from a file',
  translate,
  load: async (_text, file) =>
    await callsThrough(
      new FlagdProvider({ resolverType: 'in-process', offlineFlagSourcePath: file }, silent),
    ),
}

function translate(spec: Spec): object {
  const $evaluators = {
    eu: { in: [{ var: 'country' }, spec.eu] },
    big: { in: [{ var: 'targetingKey' }, spec.big] },
  }
  return { flags: Object.fromEntries(spec.flags.map((flag) => [flag.key, flagOf(flag)])), $evaluators }
}

function flagOf(flag: BenchFlag): object {
  const base = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' }
  switch (flag.kind) {
    case 'constant':
      return { ...base, defaultVariant: flag.on ? 'on' : 'off' }
    case 'percentage':
      return { ...base, targeting: percentage(flag.percent) }
    case 'members':
      return { ...base, targeting: { if: [{ $ref: 'big' }, 'on', 'off'] } }
    case 'variants': {
      const variants = Object.fromEntries(VARIANTS.map((it) => [it.id, it]))
      return {
        ...base,
        variants,
        defaultVariant: 'a',
        targeting: { fractional: VARIANTS.map(({ id }) => [id, 25]) },
      }
    }
    case 'rules':
      return { ...base, targeting: { if: rules() } }
  }
}

function rules(): unknown[] {
  return [
    { in: [{ var: 'country' }, RULES.countries] },
    'on',
    { or: RULES.emailEnds.map((end) => ({ ends_with: [{ var: 'email' }, end] })) },
    'on',
    { sem_ver: [{ var: 'version' }, '>=', RULES.minVersion] },
    'on',
    { '==': [{ var: 'plan' }, RULES.plan] },
    'on',
    { $ref: 'eu' },
    percentage(RULES.percent),
    'off',
  ]
}

function percentage(percent: number): object {
  const parts = [
    ['on', percent],
    ['off', 100 - percent],
  ]
  return { fractional: parts }
}
