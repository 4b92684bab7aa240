/** `flagmarshal version`: what this program is, and what it speaks with. */
import { readFileSync } from 'node:fs'
import process from 'node:process'

import type { Command } from 'commander'

import type { Open } from './program.ts'
import type { Session } from './session.ts'
import { fields } from './table.ts'

// Its own package says it, here and where it is installed.
const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

/** The version of this program. */
export const VERSION = own.version

export function versionCommand(program: Command, open: Open): void {
  program
    .command('version')
    .description('the versions of this program, of Node, and of the server where it can be asked')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const server = await serverVersion(session)
      const it = { program: VERSION, node: process.versions.node, address: session.server, server }
      session.result(it, () =>
        fields([
          ['flagmarshal', it.program],
          ['node', it.node],
          ['server', `${server ?? 'unknown'} at ${it.address}`],
        ]),
      )
    })
}

/** The version of the server; null where it cannot be reached or does not tell this token. */
export async function serverVersion({ client }: Session): Promise<string | null> {
  const outcome = await client.call('showStatus')
  return outcome.ok ? outcome.body.versions.server : null
}
