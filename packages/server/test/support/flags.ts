/** Flags that the tests of this package make. */
import type { FlagConfig, FlagConfigChange, NewFlag } from '@flagmarshal/api/flag'
import type { z } from 'zod'

import { expectOk } from '../../../../tests/support/server.ts'
import type { TestServer } from '../../../../tests/support/server.ts'

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

/** A configuration as it is sent. */
export type ConfigInput = z.input<typeof FlagConfigChange>

/** On, and everybody is served `on`. */
export const EVERYBODY_ON: ConfigInput = {
  enabled: true,
  offVariant: 'off',
  rules: [],
  fallthrough: { variant: 'on' },
}

/** Replaces a configuration, whatever its revision is. */
export async function configure(
  server: Pick<TestServer, 'admin'>,
  flag: string,
  body: ConfigInput,
  environment?: string,
): Promise<FlagConfig> {
  const params = configParams(flag, environment)
  const { revision } = expectOk(await server.admin.call('getFlagConfig', { params }))
  return expectOk(await server.admin.call('configureFlag', { params, body, ifMatch: revision }))
}
