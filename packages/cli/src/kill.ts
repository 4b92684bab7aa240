/**
 * `flagmarshal kill`: off at once, and proof that it reached every connected instance.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import type { Open } from './program.ts'
import type { Answer } from './session.ts'
import { table } from './table.ts'
import { ask, duration } from './wait.ts'

type Kill = Answer<'getKill'>

interface KillOptions {
  env: string
  reason: string
  wait: string
  allowLost?: boolean
  recovery: string
}

export function killCommand(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('kill <flag>')
    .description(
      'turn a flag off at once and wait until every connected instance has confirmed it; exits 9 when accepted but not verified',
    )
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--reason <text>', 'why', 'killed from the command line')
    .option('--wait <duration>', 'how long to wait for the confirmations; 0s does not wait', '10s')
    .option('--allow-lost', 'instances that fell silent do not count')
    .option(
      '--recovery <duration>',
      'how long to wait for the recovery to be shown; exits 9 when it is not. 0s does not wait',
      '0s',
    )
    .action(async (flag: string, given: KillOptions, command: Command) => {
      const withinMs = duration(given.wait)
      const session = open(command)
      const path = { project: session.project(), flag, environment: given.env }
      const accepted = await session.call('killFlag', { params: path, body: { reason: given.reason } })
      session.say(
        `${flag} is off in ${given.env}; waiting for ${accepted.total} connected instances (${accepted.id}).`,
      )
      const read = () => session.call('getKill', { params: { ...path, kill: accepted.id } })
      const confirmed = await ask(read, (it) => it.state !== 'accepted' && it.state !== 'confirming', {
        withinMs,
        everyMs: 100,
      })
      const recoveryMs = duration(given.recovery)
      const kill =
        recoveryMs === 0
          ? confirmed
          : await ask(read, (it) => it.recovery?.state !== 'watching', { withinMs: recoveryMs, everyMs: 500 })
      session.result(kill, () => describe(kill))
      const verified =
        kill.state === 'verified' || (kill.state === 'verified_except' && given.allowLost === true)
      const helped = recoveryMs === 0 || kill.recovery?.state === 'recovered'
      end(verified && helped ? EXIT.ok : EXIT.notVerified)
    })
}

/** `flagmarshal kill-link`: an address for whoever is called at night. */
export function killLinkCommand(program: Command, open: Open): void {
  program
    .command('kill-link <flag>')
    .description(
      'make an address that opens the kill page of a flag without signing in; it can do nothing else and ends by itself',
    )
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--expires <duration>', 'how long it lasts, 24h at most', '1h')
    .action(async (flag: string, given: { env: string; expires: string }, command: Command) => {
      const session = open(command)
      const made = await session.call('createKillLink', {
        params: { project: session.project(), flag, environment: given.env },
        body: { expiresInMinutes: Math.max(1, Math.round(duration(given.expires) / 60_000)) },
      })
      session.say(`Whoever has it can turn ${flag} off in ${given.env} until ${made.expiresAt}:`)
      session.result(made, () => made.link)
    })
}

/** `flagmarshal kill-links`: which there are, and taking one back. */
export function killLinksCommand(program: Command, open: Open): void {
  const links = program
    .command('kill-links')
    .description('the kill links that have not ended, with who made each')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listKillLinks', { params: { project: session.project() } })
      session.rows(
        items,
        ['link', 'flag', 'environment', 'by', 'ends', 'revoked'],
        items.map((it) => [
          it.id,
          it.flag,
          it.environment,
          it.by,
          it.expiresAt,
          it.revokedAt === undefined ? 'no' : `${it.revokedAt} by ${it.revokedBy ?? '?'}`,
        ]),
      )
    })
  links
    .command('revoke <link>')
    .description('take a kill link back: from now on it opens nothing')
    .action(async (link: string, _: unknown, command: Command) => {
      const session = open(command)
      const revoked = await session.call('revokeKillLink', { params: { project: session.project(), link } })
      session.result(revoked, () => `${revoked.id} opens nothing any more.`)
    })
}

function heardOf(it: Kill['instances'][number]): string {
  if (it.confirmedAfterMs !== undefined) return `after ${it.confirmedAfterMs} ms`
  return it.unreachableSince === undefined
    ? `last seen ${it.lastSeenAt}`
    : `unreachable since ${it.unreachableSince}, when edge ${it.edge ?? '?'} was cut off`
}

function describe(kill: Kill): string {
  const { flag, environment, confirmed, total, lost } = kill
  const recovery =
    kill.recovery === undefined
      ? ''
      : `\nrecovery: ${kill.recovery.state.replaceAll('_', ' ')}, ${kill.recovery.said}`
  const remote =
    kill.remote === undefined || kill.remote.asked === 0
      ? ''
      : `\nbrowsers, phones and SDKs of Unleash: ${kill.remote.asked} values asked in the 5 minutes before; each is off with the next one`
  const counted = `${flag} is off in ${environment}, confirmed by ${confirmed} of ${total} connected instances`
  const silent = lost > 0 ? `; ${lost} fell silent and cannot be asked` : ''
  const verdict = kill.state === 'verified' ? ': verified.' : `${silent}: not verified.`
  if (kill.instances.length === 0)
    return `${flag} is off in ${environment}; no instance was connected.${remote}${recovery}`
  const rows = kill.instances.map((it) => [it.instanceId, it.application, it.state, heardOf(it)])
  return `${counted}${verdict}${remote}${recovery}\n\n${table(['instance', 'application', 'state', ''], rows)}`
}
