/**
 * `flagmarshal export`: what an environment serves, in the formats of other tools.
 */
import { writeFileSync } from 'node:fs'

import type { Command } from 'commander'

import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'

export function exchangeCommands(program: Command, open: Open): void {
  program
    .command('export')
    .description('export what an environment serves; what is not the same there is said on stderr')
    .requiredOption('-e, --env <environment>', 'environment')
    .option('--format <format>', 'flagd, or manifest (of the OpenFeature CLI)', 'flagd')
    .option('-o, --output <path>', 'file to write instead of stdout')
    .action(async (given: { env: string; format: string; output?: string }, command: Command) => {
      const session = open(command)
      const { document, report } = await session.call('exportFlags', {
        params: { project: session.project() },
        // The server knows the formats and names them.
        query: { environment: given.env, format: given.format as 'flagd' },
      })
      const text = JSON.stringify(document, null, 2)
      if (given.output !== undefined) writeFileSync(given.output, `${text}\n`)
      if (!session.json) sayReport(session, report)
      session.result({ document, report }, () =>
        given.output === undefined ? text : `${given.output} is written.`,
      )
    })
}

/** Says what could not be carried over, the worst first. */
function sayReport(session: Session, report: Answer<'exportFlags'>['report']): void {
  for (const { severity, entity, message } of report) session.say(`${severity}  ${entity}: ${message}`)
}
