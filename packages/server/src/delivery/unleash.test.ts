import type { Flag } from '@flagmarshal/evaluation'
import { expect, it } from 'vitest'

import { usedVariants } from './unleash.ts'

const flag = (key: string, variants: Flag['variants'], offVariant = 'off'): Flag => ({
  key,
  kind: 'release',
  valueType: 'on' in variants ? 'boolean' : 'string',
  variants,
  enabled: true,
  offVariant,
  rules: [],
  fallthrough: { variant: offVariant },
})

const flags = [
  flag('constructor', { on: true, off: false }),
  flag('checkout', { on: true, off: false }),
  flag('two-ways', { on: true, also: true, off: false }),
  flag('banner', { red: 'R', blue: 'B', enabled: null, disabled: null }, 'disabled'),
]

it('counts of an SDK of Unleash become those variants that they can only mean', () => {
  const toggles = {
    checkout: { yes: 3, no: 2, variants: {} },
    // Which of the two it was, nobody can say.
    'two-ways': { yes: 5, no: 1, variants: { constructor: 9 } },
    banner: { yes: 10, no: 4, variants: { red: 6, disabled: 5, gone: 1 } },
    unknown: { yes: 1, no: 1, variants: {} },
  }
  expect(usedVariants(flags, { bucket: { toggles } })).toEqual([
    { flag: 'checkout', variant: 'on', n: 3 },
    { flag: 'checkout', variant: 'off', n: 2 },
    { flag: 'two-ways', variant: 'off', n: 1 },
    { flag: 'banner', variant: 'red', n: 6 },
    // Asked without its variant, or enabled without one.
    { flag: 'banner', variant: 'enabled', n: 4 },
    { flag: 'banner', variant: 'disabled', n: 4 },
  ])
})
