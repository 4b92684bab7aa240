/**
 * Where commands get server, token and project from: options first, then a profile that was named, then
 * the environment, then the repository's own file (which names a project and never a server: a token must
 * not go where a file from elsewhere says), then the profile that is taken where none is named.
 */
import { readFileSync } from 'node:fs'
import process from 'node:process'

import { isSetting, nearestSetting } from '@flagmarshal/api/settings'

import { usage } from './failure.ts'
import type { Form } from './output.ts'
import { profileOf, readProfiles } from './profile-file.ts'
import type { Profile } from './profile-file.ts'
import { projectOfRepository } from './project-file.ts'
import type { SessionOptions } from './session.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly server?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly project?: string
  readonly profile?: string
  readonly json?: boolean
  readonly as?: Form
  readonly quiet?: boolean
  readonly dryRun?: boolean
  readonly input?: boolean
}

const LOCAL = 'http://127.0.0.1:4860'

/** Session options of a call in a folder. A `FLAGMARSHAL_*` name that no program knows is a mistake. */
export function settle(
  given: GlobalOptions,
  env: Readonly<Record<string, string | undefined>>,
  folder = process.cwd(),
): SessionOptions {
  const unknown = Object.keys(env).find((name) => name.startsWith('FLAGMARSHAL_') && !isSetting(name))
  if (unknown !== undefined)
    throw usage(`${unknown} is no setting.`, `Did you mean ${nearestSetting(unknown)}?`)
  const { named, usual } = profilesFor(given, env)
  const server = given.server ?? named.server ?? env['FLAGMARSHAL_SERVER'] ?? usual.server ?? LOCAL
  if (!URL.canParse(server) || !/^https?:/.test(server)) {
    throw usage(`"${server}" is no address of a server.`, 'Use one like http://127.0.0.1:4860.')
  }
  return {
    server,
    token:
      given.token ??
      tokenIn(given.tokenFile) ??
      tokenIn(named.tokenFile) ??
      env['FLAGMARSHAL_TOKEN'] ??
      tokenIn(usual.tokenFile),
    project:
      given.project ??
      named.project ??
      env['FLAGMARSHAL_PROJECT'] ??
      projectOfRepository(folder) ??
      usual.project,
    form: formOf(given),
    quiet: given.quiet ?? false,
    dryRun: given.dryRun ?? false,
    input: given.input ?? true,
  }
}

/** How a call wants its result. */
export function formOf({ as, json }: GlobalOptions): Form {
  return as ?? (json === true ? 'json' : 'table')
}

/** The profile that a call names, and the one that it need not name. */
function profilesFor(
  { profile }: GlobalOptions,
  env: Readonly<Record<string, string | undefined>>,
): { readonly named: Profile; readonly usual: Profile } {
  const profiles = readProfiles(env)
  const name = profile ?? env['FLAGMARSHAL_PROFILE']
  if (name !== undefined) return { named: profileOf(profiles, name), usual: {} }
  const { current } = profiles
  return { named: {}, usual: current === undefined ? {} : (profiles.profiles[current] ?? {}) }
}

function tokenIn(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw usage(
      `The token file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Check --token-file, or the profile: flagmarshal profile list.',
    )
  }
}
