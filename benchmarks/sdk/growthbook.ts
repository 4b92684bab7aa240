/** GrowthBook's client for servers, from a payload in memory, and its OpenFeature provider. */
import { GrowthBookClient } from '@growthbook/growthbook'
import { GrowthbookProvider } from '@openfeature/growthbook-provider'

import type { Subject } from '../subject.ts'
import { RULES, VARIANTS } from '../workload.ts'
import type { BenchFlag, Spec, User } from '../workload.ts'
import { contextOf } from './context.ts'
import { callsThrough } from './open-feature.ts'

/** `client.isOn(key, {attributes})`. */
export const client: Subject = {
  note: 'GrowthBookClient.isOn(); "ends with" is a regular expression, segments are saved groups, W4 an experiment without callback; W5 is a loop',
  translate,
  load(text) {
    const flags = new GrowthBookClient({}).initSync({ payload: JSON.parse(text) })
    const keys = Object.keys(flags.getFeatures())
    return {
      w1: (user) => flags.isOn('w1', { attributes: attributesOf(user) }),
      w1off: (user) => flags.isOn('w1off', { attributes: attributesOf(user) }),
      w2: (user) => flags.isOn('w2', { attributes: attributesOf(user) }),
      w3: (user) => flags.isOn('w3', { attributes: attributesOf(user) }),
      w4: (user) => flags.getFeatureValue<object>('w4', {}, { attributes: attributesOf(user) }),
      w5: {
        call: (user) => {
          const context = { attributes: attributesOf(user) }
          return new Map(keys.map((key) => [key, flags.evalFeature(key, context).value]))
        },
        count: (all) => (all as Map<string, unknown>).size,
        get: (all, key) => (all as Map<string, unknown>).get(key),
      },
      w7: (user) => flags.isOn('w7', { attributes: attributesOf(user) }),
    }
  },
}

/** The provider. */
export const provider: Subject = {
  note: 'payload in memory',
  translate,
  load: async (text) =>
    await callsThrough(
      new GrowthbookProvider({ clientKey: 'bench' }, { payload: JSON.parse(text) }),
      (user) => ({ ...contextOf(user), id: user.key }),
    ),
}

function attributesOf(user: User) {
  return { id: user.key, country: user.country, email: user.email, plan: user.plan, version: user.version }
}

function translate(spec: Spec): object {
  const features = Object.fromEntries(spec.flags.map((flag) => [flag.key, featureOf(flag)]))
  return { features, savedGroups: { eu: spec.eu, big: spec.big } }
}

function featureOf(flag: BenchFlag): object {
  switch (flag.kind) {
    case 'constant':
      return { defaultValue: flag.on }
    case 'percentage':
      return {
        defaultValue: false,
        rules: [{ force: true, coverage: flag.percent / 100, hashAttribute: 'id' }],
      }
    case 'members':
      return { defaultValue: false, rules: [{ condition: { id: { $inGroup: 'big' } }, force: true }] }
    case 'variants': {
      const experiment = { key: flag.key, seed: flag.key, hashAttribute: 'id', hashVersion: 2, coverage: 1 }
      return {
        defaultValue: null,
        rules: [{ ...experiment, variations: VARIANTS, weights: [0.25, 0.25, 0.25, 0.25] }],
      }
    }
    case 'rules':
      return {
        defaultValue: false,
        rules: [
          { condition: { country: { $in: RULES.countries } }, force: true },
          { condition: { email: { $regex: '@(acme|corp)\\.example$' } }, force: true },
          { condition: { version: { $vgte: RULES.minVersion } }, force: true },
          { condition: { plan: RULES.plan }, force: true },
          {
            condition: { country: { $inGroup: 'eu' } },
            force: true,
            coverage: RULES.percent / 100,
            hashAttribute: 'id',
          },
        ],
      }
  }
}
