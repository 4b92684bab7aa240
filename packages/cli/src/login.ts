/**
 * `flagmarshal login`: keeps a personal token for a server, so that no command needs to be told. The
 * token is looked at first, and lies in a file of its own that only its owner reads.
 */
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Command } from 'commander'

import { NotSent } from './dry-run.ts'
import { failureOf, usage } from './failure.ts'
import { profilePath, readProfiles, writePrivate, writeProfiles } from './profile-file.ts'
import type { Environment, Open } from './program.ts'
import { settle } from './settings.ts'
import type { GlobalOptions } from './settings.ts'

export function loginCommand(program: Command, open: Open, env: Environment): void {
  program
    .command('login')
    .description('keep a token for a server, and use both from now on; asks for the token unless it is given')
    .option('--name <name>', 'name of the profile; the host of the server unless given')
    .action(async (given: { name?: string }, command: Command) => {
      const session = open(command)
      const options = command.optsWithGlobals<GlobalOptions>()
      const { server } = session
      const token =
        options.token === undefined && options.tokenFile === undefined
          ? await askedToken(session.ask, server)
          : (settle(options, {}).token ?? '')
      const outcome = await createClient({ server, token }).call('whoAmI')
      if (!outcome.ok) throw failureOf(outcome.problem)
      const name = given.name ?? new URL(server).hostname
      const at = profilePath(env)
      if (at === undefined) throw usage('It is not known where to keep it.', 'Set HOME or XDG_CONFIG_HOME.')
      const tokenFile = path.join(path.dirname(at), `${name.replaceAll(/[^\w.-]/g, '-')}.token`)
      if (session.dryRun) throw new NotSent({ method: 'WRITE', path: tokenFile })
      writePrivate(tokenFile, `${token}\n`)
      const { profiles } = readProfiles(env)
      const project = options.project ?? profiles[name]?.project
      const kept = { server, tokenFile, ...(project === undefined ? {} : { project }) }
      writeProfiles(env, { current: name, profiles: { ...profiles, [name]: kept } })
      const who = outcome.body.name
      session.result({ name, ...kept, who }, () => `You are ${who} at ${server}. Kept as ${name}.`)
    })
}

async function askedToken(
  ask: ((question: string, hidden: 'hidden') => Promise<string>) | undefined,
  server: string,
): Promise<string> {
  if (ask === undefined)
    throw usage(
      'There is no token, and nobody to ask for it.',
      `Make one at ${server}/account, and give it in a file: flagmarshal login --token-file token.txt`,
    )
  const token = await ask(`Your token, from ${server}/account (it is not shown): `, 'hidden')
  if (token !== '') return token
  throw usage('That is no token.', `Make one on the page of your account: ${server}/account`)
}
