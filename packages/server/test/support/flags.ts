/** Flags that the tests of this package make. */
import type { NewFlag } from '@flagmarshal/api/flag'

/** A boolean release flag with the variants `on` and `off`. */
export function newFlag(key: string): NewFlag {
  return {
    key,
    name: `Flag ${key}`,
    kind: 'release',
    valueType: 'boolean',
    variants: { on: true, off: false },
    offVariant: 'off',
    layers: ['backend'],
    owner: 'team-a',
  }
}

/** The address of a flag's configuration in the project `shop`. */
export function configParams(flag: string, environment = 'development') {
  return { project: 'shop', flag, environment }
}
