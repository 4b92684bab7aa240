/** Profiles: servers by name, in a file of the person's own. Tokens stay in files of their own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { usage } from './failure.ts'

export interface Profile {
  readonly server?: string
  readonly project?: string
  readonly tokenFile?: string
}

export interface Profiles {
  /** The one that is taken where none is named. */
  readonly current?: string
  readonly profiles: Readonly<Record<string, Profile>>
}

type Environment = Readonly<Record<string, string | undefined>>

/** Where the profiles are: below XDG_CONFIG_HOME, else ~/.config. Undefined where neither is known. */
export function profilePath(env: Environment): string | undefined {
  const home = env['XDG_CONFIG_HOME'] ?? (env['HOME'] === undefined ? undefined : `${env['HOME']}/.config`)
  return home === undefined ? undefined : path.join(home, 'flagmarshal', 'profiles.json')
}

/** The profiles of a person; none where there is no file. */
export function readProfiles(env: Environment): Profiles {
  const at = profilePath(env)
  if (at === undefined) return { profiles: {} }
  let text: string
  try {
    text = readFileSync(at, 'utf8')
  } catch {
    return { profiles: {} }
  }
  try {
    // Written by this program; what somebody has put in by hand is looked at where it is used.
    const { current, profiles = {} } = JSON.parse(text) as Partial<Profiles>
    return { profiles, ...(current === undefined ? {} : { current }) }
  } catch {
    throw usage(`${at} is no JSON.`, 'Correct or delete it.')
  }
}

/** Keeps the profiles, readable by their owner only. */
export function writeProfiles(env: Environment, profiles: Profiles): string {
  const at = profilePath(env)
  if (at === undefined) throw usage('It is not known where to keep profiles.', 'Set HOME or XDG_CONFIG_HOME.')
  writePrivate(at, `${JSON.stringify(profiles, null, 2)}\n`)
  return at
}

/** The profiles without one; none is taken from then on where it was that one. */
export function withoutProfile({ current, profiles }: Profiles, name: string): Profiles {
  const left = Object.fromEntries(Object.entries(profiles).filter(([it]) => it !== name))
  return { profiles: left, ...(current === undefined || current === name ? {} : { current }) }
}

/** Writes a file that only its owner reads. */
export function writePrivate(at: string, content: string): void {
  mkdirSync(path.dirname(at), { recursive: true, mode: 0o700 })
  writeFileSync(at, content, { mode: 0o600 })
}

/** The profile of a name; unknown is a mistake. */
export function profileOf({ profiles }: Profiles, name: string): Profile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile !== undefined) return profile
  const known = Object.keys(profiles).join(', ')
  throw usage(
    `There is no profile ${name}.`,
    known === ''
      ? `Make it: flagmarshal profile save ${name} --server https://flags.example`
      : `Take one of ${known}.`,
  )
}
