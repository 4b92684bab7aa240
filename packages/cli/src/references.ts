/** `flagmarshal flag references`: where code asks a flag. */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { readObject } from './given.ts'
import type { Open } from './program.ts'

type Body = Call<Operations['writeReferences']>['body']

/** Adds the command to `flag`. */
export function referencesCommand(program: Command, open: Open): void {
  program.commands
    .find((it) => it.name() === 'flag')
    ?.command('references <key>')
    .description('where code asks a flag; with --file, what one repository says at one commit')
    .option(
      '-f, --file <path>',
      'file like {"repo": …, "sha": …, "refs": [{"file": …, "line": …, "layer": …}]}; - reads stdin',
    )
    .action(async (flag: string, given: { file?: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), flag }
      // The server checks the shape and names the field at fault.
      const body = given.file === undefined ? undefined : (readObject(given.file) as unknown as Body)
      if (body !== undefined) await session.call('writeReferences', { params, body })
      const { items } = await session.call('listReferences', { params })
      session.rows(
        items,
        ['repository', 'commit', 'place', 'layer'],
        items.flatMap(({ repo, sha, refs }) =>
          refs.map((it) => [repo, sha.slice(0, 12), `${it.file}:${it.line}`, it.layer]),
        ),
      )
    })
}
