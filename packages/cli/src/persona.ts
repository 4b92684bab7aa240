/**
 * `flagmarshal persona …`: contexts that are kept, to ask who gets what.
 */
import type { Command } from 'commander'

import { parseObject } from './given.ts'
import type { Open } from './program.ts'

interface SaveOptions {
  name?: string
  context: string
  user?: string
}

export function personaCommands(program: Command, open: Open): void {
  const persona = program.command('persona').description('contexts that are kept, to ask who gets what')
  persona
    .command('list')
    .description('list the personas')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPersonas', { params: { project: session.project() } })
      session.rows(
        items,
        ['persona', 'name', 'context'],
        items.map((it) => [it.key, it.name, JSON.stringify(it.context)]),
      )
    })
  persona
    .command('save <key>')
    .description('keep a context under a name, in place of what the name held')
    .requiredOption('--context <json>', 'attributes, like {"country": "FI", "plan": "pro"}')
    .option('--user <targetingKey>', 'targeting key of the context')
    .option('--name <name>', 'name for people; the key unless given')
    .action(async (key: string, given: SaveOptions, command: Command) => {
      const session = open(command)
      const context = {
        ...parseObject(given.context, '--context'),
        ...(given.user === undefined ? {} : { targetingKey: given.user }),
      }
      const saved = await session.call('savePersona', {
        params: { project: session.project(), persona: key },
        body: { name: given.name ?? key, context },
      })
      session.result(saved, () => `Persona ${saved.key} is kept.`)
    })
  persona
    .command('delete <key>')
    .description('forget a persona')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      await session.call('deletePersona', { params: { project: session.project(), persona: key } })
      session.result({ persona: key }, () => `Persona ${key} is forgotten.`)
    })
}
