/**
 * `flagmarshal account …`: the own account: open sessions, the second factor, and showing who one is
 * before a signature.
 */
import { readFileSync } from 'node:fs'

import type { Command } from 'commander'

import { NotSent } from './dry-run.ts'
import { usage } from './failure.ts'
import { hasBrowser } from './open-address.ts'
import type { Environment, Open } from './program.ts'
import type { Session } from './session.ts'
import { askInBrowser } from './through-browser.ts'

export function accountCommands(program: Command, open: Open, env: Environment): void {
  const account = program.command('account').description('the own account: sessions, second factor, proof')
  account
    .command('prove')
    .description(
      'show once more whose this token is, in the browser or with a code of the second factor or the password: signatures may ask for it',
    )
    .option('--code <code>', 'six digits of the authenticator app, or a recovery code')
    .option('--password-file <path>', 'file with the password; - reads stdin')
    .option('--browser', 'in the browser, also where nobody sits at a terminal; the address is on stderr')
    .action(async (given: GivenProof, command: Command) => {
      const session = open(command)
      const typed = given.code !== undefined || given.passwordFile !== undefined
      const inBrowser = given.browser ?? (session.ask !== undefined && hasBrowser(env))
      const proof =
        inBrowser && !typed
          ? await session.call('takeBrowserProof', { body: await brought(session, env) })
          : await session.call('prove', { body: givenProof(given) })
      session.result(
        proof,
        () => `Shown by ${proof.method} at ${proof.at}. Signatures with this token count on it.`,
      )
    })
  account
    .command('second-factor')
    .description('whether the account has one; it is set up in the console, on the page of the account')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const factor = await session.call('showSecondFactor')
      session.result(factor, () =>
        factor.state === 'on'
          ? `On since ${factor.confirmedAt}; ${factor.recoveryCodesLeft} recovery codes are left.`
          : 'None. Set one up in the console: the page of your account.',
      )
    })
  account
    .command('tokens')
    .description(
      'the own tokens that work; they are made by login, or in the console on the page of the account',
    )
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listOwnTokens')
      session.rows(
        items,
        ['token', 'for', 'reaches', 'made by', 'last used', 'expires'],
        items.map((it) => [
          it.id,
          it.name,
          [it.project, it.environment].filter((place) => place !== null).join('/') || 'everything',
          it.createdBy ?? '',
          it.lastUsedAt ?? 'never',
          it.expiresAt ?? 'never',
        ]),
      )
    })
  account
    .command('revoke-token <token>')
    .description('revoke one of them')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('revokeOwnToken', { params: { token: id } })
      session.result({ revoked: id }, () => `Revoked ${id}.`)
    })
  account
    .command('identity')
    .description(
      "whether the account is connected with the organisation's sign-in; that is done in the console",
    )
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showIdentity')
      session.result(it, () =>
        it.connected === null
          ? `Not connected. ${it.provider === null ? 'There is no such sign-in here.' : 'Connect it in the console: the page of your account.'}`
          : `Connected with ${it.connected.issuer} as ${it.connected.subject} since ${it.connected.since}.`,
      )
    })
  account
    .command('sessions')
    .description('list the sessions that are open')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listSessions')
      session.rows(
        items,
        ['session', 'opened', 'expires', 'from', 'browser'],
        items.map((it) => [it.id, it.createdAt, it.expiresAt, it.address ?? '', it.browser ?? '']),
      )
    })
  account
    .command('end-session <session>')
    .description('end one of them')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('endSession', { params: { session: id } })
      session.result({ ended: id }, () => `Ended ${id}.`)
    })
  account
    .command('sign-out')
    .description('sign out everywhere: end all sessions; tokens stay')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { ended } = await session.call('endSessions')
      session.result({ ended }, () => `Ended ${ended} sessions.`)
    })
}

interface GivenProof {
  readonly code?: string
  readonly passwordFile?: string
  readonly browser?: boolean
}

async function brought(session: Session, env: Environment) {
  if (session.dryRun) throw new NotSent({ method: 'POST', path: '/api/v1/account/proof/browser' })
  return await askInBrowser(session, env, { for: 'proof' })
}

function givenProof({ code, passwordFile }: GivenProof) {
  if (code !== undefined && passwordFile === undefined) return { code }
  if (code === undefined && passwordFile !== undefined) {
    return { password: readFileSync(passwordFile === '-' ? 0 : passwordFile, 'utf8').replace(/\r?\n$/, '') }
  }
  throw usage('What is to be shown is not clear.', 'Give --code, --password-file or --browser.')
}

/** What an administrator does to somebody's account: `person end-sessions`, `person reset-second-factor`. */
export function accountOfCommands(person: Command, open: Open): void {
  person
    .command('end-sessions <person>')
    .description('end all sessions of somebody')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      const { ended } = await session.call('endSessionsOf', { params: { person: id } })
      session.result({ ended }, () => `Ended ${ended} sessions of ${id}.`)
    })
  person
    .command('disconnect <person>')
    .description("disconnect somebody from the organisation's sign-in: what it gave falls, sessions end")
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('disconnectPerson', { params: { person: id } })
      session.result({ disconnected: id }, () => `${id} is no longer known by that sign-in.`)
    })
  person
    .command('reset-second-factor <person>')
    .description('take the second factor of somebody who has lost it away; their sessions end')
    .action(async (id: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('resetSecondFactor', { params: { person: id } })
      session.result({ reset: id }, () => `${id} has no second factor now, and is signed out.`)
    })
}
