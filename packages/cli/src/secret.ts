/**
 * `flagmarshal secret rotate`: every secret under the current key.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import type { Open } from './program.ts'

export function secretCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('secret')
    .description('the encrypted secrets of channels and inbound sources')
    .command('rotate')
    .description('seal every secret anew under the first key; afterwards the older keys may go')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { sealed, unchanged, lost } = await session.call('rotateSecrets', {})
      session.result({ sealed, unchanged, lost }, () =>
        [
          `${sealed} sealed anew, ${unchanged} were under the current key already.`,
          ...lost.map((it) => `No key opens the secret of ${it}: give it anew.`),
        ].join('\n'),
      )
      if (lost.length > 0) end(EXIT.conflict)
    })
}
