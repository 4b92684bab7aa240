/**
 * `flagmarshal plan import-slo`: OpenSLO objectives as criteria of a plan.
 */
import { readFileSync } from 'node:fs'

import type { Command } from 'commander'

import { usage } from './failure.ts'
import { pairs, readObject } from './given.ts'
import { writeLocal } from './local-file.ts'
import type { Open } from './program.ts'
import type { Session } from './session.ts'

export function importSlo(plan: Command, open: Open): void {
  plan
    .command('import-slo <file>')
    .description('turn OpenSLO v1 ratio objectives into criteria')
    .option('--connection <key>', 'where they are measured')
    .option('--data-source <name=connection...>', 'the connection that stands for a data source')
    .option('--into <plan.json>', 'file with a rollout plan that the criteria are added to')
    .action(
      async (
        file: string,
        given: { connection?: string; dataSource?: string[]; into?: string },
        command: Command,
      ) => {
        const session = open(command)
        const { criteria } = await session.call('importSlo', {
          params: { project: session.project() },
          body: {
            text: textOf(file),
            ...(given.connection === undefined ? {} : { connection: given.connection }),
            connections: Object.fromEntries(pairs(given.dataSource ?? [], '--data-source')),
          },
        })
        if (given.into !== undefined) addTo(session, given.into, criteria)
        session.result({ criteria }, () =>
          given.into === undefined
            ? JSON.stringify(criteria, null, 2)
            : `${criteria.map(({ id }) => id).join(', ')} added to ${given.into}.`,
        )
      },
    )
}

/** The plan may stand by itself or be a part of the output of step 3. */
function addTo(session: Session, path: string, criteria: readonly unknown[]): void {
  const output = readObject(path)
  const plan = 'plan' in output ? (output['plan'] as Record<string, unknown>) : output
  plan['criteria'] = [...(Array.isArray(plan['criteria']) ? plan['criteria'] : []), ...criteria]
  writeLocal(session, path, `${JSON.stringify(output, null, 2)}\n`)
}

function textOf(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw usage(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Check the path.',
    )
  }
}
