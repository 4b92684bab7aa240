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
    .action(async (flag: string, given: KillOptions, command: Command) => {
      const withinMs = duration(given.wait)
      const session = open(command)
      const path = { project: session.project(), flag, environment: given.env }
      const accepted = await session.call('killFlag', { params: path, body: { reason: given.reason } })
      session.say(
        `${flag} is off in ${given.env}; waiting for ${accepted.total} connected instances (${accepted.id}).`,
      )
      const kill = await ask(
        () => session.call('getKill', { params: { ...path, kill: accepted.id } }),
        (it) => it.state !== 'accepted' && it.state !== 'confirming',
        { withinMs, everyMs: 100 },
      )
      session.result(kill, () => describe(kill))
      const verified =
        kill.state === 'verified' || (kill.state === 'verified_except' && given.allowLost === true)
      end(verified ? EXIT.ok : EXIT.notVerified)
    })
}

function describe(kill: Kill): string {
  const { flag, environment, confirmed, total, lost } = kill
  const counted = `${flag} is off in ${environment}, confirmed by ${confirmed} of ${total} connected instances`
  const silent = lost > 0 ? `; ${lost} fell silent and cannot be asked` : ''
  const verdict = kill.state === 'verified' ? ': verified.' : `${silent}: not verified.`
  if (kill.instances.length === 0) return `${flag} is off in ${environment}; no instance was connected.`
  const rows = kill.instances.map((it) => [
    it.instanceId,
    it.application,
    it.state,
    it.confirmedAfterMs === undefined ? `last seen ${it.lastSeenAt}` : `after ${it.confirmedAfterMs} ms`,
  ])
  return `${counted}${verdict}\n\n${table(['instance', 'application', 'state', ''], rows)}`
}
