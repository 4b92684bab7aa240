/**
 * `flagmarshal login`: keeps a personal token for a server, so that no command needs to be told. The person lets it
 * in through the browser, however they sign in there, or gives a token; it is looked at first, and lies in a file
 * of its own that only its owner reads.
 */
import path from 'node:path'

import { createClient } from '@flagmarshal/api'
import type { Command } from 'commander'

import { NotSent } from './dry-run.ts'
import { failureOf, usage } from './failure.ts'
import { wholeNumber } from './given.ts'
import { hasBrowser } from './open-address.ts'
import { profilePath, readProfiles, writePrivate, writeProfiles } from './profile-file.ts'
import type { Environment, Open } from './program.ts'
import type { Session } from './session.ts'
import { settle } from './settings.ts'
import type { GlobalOptions } from './settings.ts'
import { askInBrowser } from './through-browser.ts'

interface Given {
  readonly name?: string
  readonly days?: string
  readonly browser?: boolean
  readonly paste?: boolean
}

/** A token, and what is known of one that was just made. */
interface Got {
  readonly token: string
  readonly made?: { readonly id: string; readonly expiresAt: string }
}

export function loginCommand(program: Command, open: Open, env: Environment): void {
  program
    .command('login')
    .description(
      'keep a token for a server, and use both from now on; you let it in through the browser, unless a token is given',
    )
    .option('--name <name>', 'name of the profile; the host of the server unless given')
    .option('--days <number>', 'how long the token that is made lasts, up to 90; 30 unless given')
    .option('--browser', 'ask in the browser also where nobody sits at a terminal; the address is on stderr')
    .option('--paste', 'ask for a token that was made on the page of the account')
    .action(async (given: Given, command: Command) => {
      const session = open(command)
      const options = command.optsWithGlobals<GlobalOptions>()
      const { server } = session
      const name = given.name ?? new URL(server).hostname
      const at = profilePath(env)
      if (at === undefined) throw usage('It is not known where to keep it.', 'Set HOME or XDG_CONFIG_HOME.')
      const tokenFile = path.join(path.dirname(at), `${name.replaceAll(/[^\w.-]/g, '-')}.token`)
      const { token, made } = await tokenOf({ session, env, options }, given)
      const outcome = await createClient({ server, token }).call('whoAmI')
      if (!outcome.ok) throw failureOf(outcome.problem)
      if (session.dryRun) throw new NotSent({ method: 'WRITE', path: tokenFile })
      writePrivate(tokenFile, `${token}\n`)
      const { profiles } = readProfiles(env)
      const project = options.project ?? profiles[name]?.project
      const kept = { server, tokenFile, ...(project === undefined ? {} : { project }) }
      writeProfiles(env, { current: name, profiles: { ...profiles, [name]: kept } })
      const who = outcome.body.name
      const until = made === undefined ? '' : ` It ends at ${made.expiresAt}: flagmarshal account tokens`
      session.result(
        { name, ...kept, who, ...(made === undefined ? {} : { token: made }) },
        () => `You are ${who} at ${server}. Kept as ${name}.${until}`,
      )
    })
}

interface Asking {
  readonly session: Session
  readonly env: Environment
  readonly options: GlobalOptions
}

async function tokenOf({ session, env, options }: Asking, given: Given): Promise<Got> {
  if (options.token !== undefined || options.tokenFile !== undefined) {
    return { token: settle(options, {}).token ?? '' }
  }
  const inBrowser = given.browser ?? (session.ask !== undefined && hasBrowser(env))
  return inBrowser && given.paste !== true
    ? await lookedIn(session, env, given.days)
    : { token: await askedToken(session) }
}

/** Through the browser. */
async function lookedIn(session: Session, env: Environment, days: string | undefined): Promise<Got> {
  const wanted = days === undefined ? undefined : wholeNumber(days, '--days')
  if (session.dryRun) throw new NotSent({ method: 'POST', path: '/api/v1/browser-codes/token' })
  const brought = await askInBrowser(session, env, { for: 'token', days: wanted })
  const outcome = await createClient({ server: session.server }).call('takeBrowserToken', { body: brought })
  if (!outcome.ok) throw failureOf(outcome.problem)
  const { id, token, expiresAt } = outcome.body
  return { token, made: { id, expiresAt } }
}

async function askedToken({ ask, server }: Session): Promise<string> {
  if (ask === undefined)
    throw usage(
      'There is no token, and nobody to ask for it.',
      `Make one at ${server}/account, and give it in a file: flagmarshal login --token-file token.txt. Or be asked in the browser: flagmarshal login --browser`,
    )
  const token = await ask(`Your token, from ${server}/account (it is not shown): `, 'hidden')
  if (token !== '') return token
  throw usage('That is no token.', `Make one on the page of your account: ${server}/account`)
}
