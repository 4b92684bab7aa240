/** GrowthBook's client for servers, from a payload in memory. */
import { GrowthBookClient } from '@growthbook/growthbook'

import type { Subject } from '../subject.ts'
import type { BenchFlag, User } from '../workload.ts'

/** `client.isOn(key, {attributes})`. */
export const growthbook: Subject = {
  note: 'GrowthBookClient.isOn(); percentages are rules with coverage',
  async load(flags) {
    const features = Object.fromEntries(flags.map((flag) => [flag.key, translated(flag)]))
    const client = new GrowthBookClient({}).initSync({ payload: { features } })
    return {
      W1: (user) => client.isOn('w1', { attributes: attributesOf(user) }),
      W2: (user) => client.isOn('w2', { attributes: attributesOf(user) }),
      any: (key, user) => client.isOn(key, { attributes: attributesOf(user) }),
    }
  },
}

function attributesOf(user: User) {
  return { id: user.key, country: user.country, email: user.email, plan: user.plan, version: user.version }
}

function translated(flag: BenchFlag) {
  switch (flag.kind) {
    case 'constant':
      return { defaultValue: flag.on }
    case 'percentage':
      return {
        defaultValue: false,
        rules: [{ force: true, coverage: flag.percent / 100, hashAttribute: 'id' }],
      }
    case 'countries':
      return {
        defaultValue: false,
        rules: [{ condition: { country: { $in: [...flag.countries] } }, force: true }],
      }
  }
}
