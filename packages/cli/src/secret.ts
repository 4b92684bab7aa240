/**
 * `flagmarshal secret status|rotate`: which keys the secrets need; every secret under the current key.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import type { Open } from './program.ts'

export function secretCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const secret = program
    .command('secret')
    .description('the encrypted secrets of channels, connections, hooks and inbound sources')
  secret
    .command('status')
    .description('which keys the secrets need, and what must be given anew because its key is lost')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { key, keys, lost } = await session.call('getSecretStatus', {})
      session.result({ key, keys, lost }, () =>
        [...keys.map((it) => lineOf(it, key)), ...lost.map(lostLine)].join('\n'),
      )
      if (lost.length > 0) end(EXIT.conflict)
    })
  secret
    .command('rotate')
    .description('seal every secret anew under the first key; afterwards the older keys may go')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { key, sealed, unchanged, lost } = await session.call('rotateSecrets', {})
      session.result({ key, sealed, unchanged, lost }, () =>
        [
          `${sealed} sealed anew, ${unchanged} were under the current key ${key} already.`,
          ...lost.map(lostLine),
        ].join('\n'),
      )
      if (lost.length > 0) end(EXIT.conflict)
    })
}

interface Key {
  readonly id: string | null
  readonly present: boolean
  readonly secrets: number
}

function lineOf({ id, present, secrets }: Key, current: string): string {
  if (id === null)
    return `${secrets} sealed by an older version, without the id of their key: secret rotate adds it`
  if (id === current) return `${secrets} under the current key ${id}`
  if (!present) return `${secrets} under the key ${id}, which this server does not have`
  return secrets === 0 ? `the key ${id} may go: nothing needs it` : `${secrets} under the older key ${id}`
}

function lostLine(owner: string): string {
  return `No key opens the secret of ${owner}: give the key back, or the secret anew.`
}
