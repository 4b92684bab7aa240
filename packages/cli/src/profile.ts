/**
 * `flagmarshal profile …`: servers by name, so that nobody types addresses.
 */
import path from 'node:path'

import type { Command } from 'commander'

import { NotSent } from './dry-run.ts'
import { profileOf, profilePath, readProfiles, withoutProfile, writeProfiles } from './profile-file.ts'
import type { Profiles } from './profile-file.ts'
import type { Environment, Open } from './program.ts'
import type { Session } from './session.ts'
import type { GlobalOptions } from './settings.ts'

export function profileCommands(program: Command, open: Open, env: Environment): void {
  const profile = program.command('profile').description('servers by name: address, project, token file')
  profile
    .command('save <name>')
    .description('keep what --server, --project and --token-file say under a name, and take it from now on')
    .action((name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { server, project, tokenFile } = command.optsWithGlobals<GlobalOptions>()
      const { profiles } = readProfiles(env)
      const saved = {
        ...(server === undefined ? {} : { server }),
        ...(project === undefined ? {} : { project }),
        ...(tokenFile === undefined ? {} : { tokenFile: path.resolve(tokenFile) }),
      }
      const at = keep(session, env, { current: name, profiles: { ...profiles, [name]: saved } })
      session.result({ name, ...saved }, () => `${name} is kept in ${at}, and taken from now on.`)
    })
  profile
    .command('list')
    .description('all of them; * is the one that is taken where --profile names none')
    .action((_: unknown, command: Command) => {
      const session = open(command)
      const { current, profiles } = readProfiles(env)
      const all = Object.entries(profiles)
      session.rows(
        all.map(([name, it]) => ({ name, ...it, current: name === current })),
        ['profile', 'server', 'project', 'token file'],
        all.map(([name, it]) => [
          name === current ? `* ${name}` : `  ${name}`,
          it.server ?? '',
          it.project ?? '',
          it.tokenFile ?? '',
        ]),
      )
    })
  profile
    .command('use <name>')
    .description('take this one from now on')
    .action((name: string, _: unknown, command: Command) => {
      const session = open(command)
      const known = readProfiles(env)
      const chosen = profileOf(known, name)
      keep(session, env, { ...known, current: name })
      session.result({ name, ...chosen }, () => `${name} is taken from now on.`)
    })
  profile
    .command('remove <name>')
    .description('forget it; its token file stays')
    .action((name: string, _: unknown, command: Command) => {
      const session = open(command)
      const known = readProfiles(env)
      profileOf(known, name)
      keep(session, env, withoutProfile(known, name))
      session.result({ name }, () => `${name} is forgotten.`)
    })
}

function keep({ dryRun }: Session, env: Environment, profiles: Profiles): string {
  if (dryRun) throw new NotSent({ method: 'WRITE', path: profilePath(env) ?? '', body: profiles })
  return writeProfiles(env, profiles)
}
