/**
 * Where commands get server, token and project from: options first, then the environment.
 */
import { readFileSync } from 'node:fs'

import { isSetting, nearestSetting } from '@flagmarshal/api/settings'

import { usage } from './failure.ts'
import type { SessionOptions } from './session.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly server?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly project?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const LOCAL = 'http://127.0.0.1:4860'

/** Session options of a call. A `FLAGMARSHAL_*` name that no program knows is a mistake. */
export function settle(
  given: GlobalOptions,
  env: Readonly<Record<string, string | undefined>>,
): SessionOptions {
  const unknown = Object.keys(env).find((name) => name.startsWith('FLAGMARSHAL_') && !isSetting(name))
  if (unknown !== undefined)
    throw usage(`${unknown} is no setting.`, `Did you mean ${nearestSetting(unknown)}?`)
  const server = given.server ?? env['FLAGMARSHAL_SERVER'] ?? LOCAL
  if (!URL.canParse(server) || !/^https?:/.test(server)) {
    throw usage(`"${server}" is no address of a server.`, 'Use one like http://127.0.0.1:4860.')
  }
  return {
    server,
    token:
      given.token ?? (given.tokenFile === undefined ? env['FLAGMARSHAL_TOKEN'] : readToken(given.tokenFile)),
    project: given.project ?? env['FLAGMARSHAL_PROJECT'],
    json: given.json ?? false,
    quiet: given.quiet ?? false,
  }
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw usage(
      `The token file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Check --token-file.',
    )
  }
}
