/** One example at least for each command, shown below its help. A test parses every one of them. */
import type { Command } from 'commander'

import { CONFIGURATION } from './examples/configuration.ts'
import { FLAGS } from './examples/flags.ts'
import { INSTALLATION } from './examples/installation.ts'
import { PEOPLE } from './examples/people.ts'
import { PROCEDURE } from './examples/procedure.ts'
import { ROLLOUT } from './examples/rollout.ts'

/** What follows a command, by its path: `flag on` → `new-checkout -e staging`. Several where one says too little. */
export type Examples = Readonly<Record<string, string | readonly string[]>>

/** All of them. */
export const EXAMPLES: Examples = {
  ...CONFIGURATION,
  ...FLAGS,
  ...INSTALLATION,
  ...PEOPLE,
  ...PROCEDURE,
  ...ROLLOUT,
}

/** The examples of a command as one types them. */
export function examplesOf(path: string): readonly string[] {
  return [EXAMPLES[path] ?? []].flat().map((rest) => `flagmarshal ${path} ${rest}`.trimEnd())
}

/** Adds to the help of each command its examples. */
export function addExamples(program: Command): void {
  for (const [path, command] of commandsOf(program)) {
    const examples = examplesOf(path)
    if (examples.length > 0)
      command.addHelpText('after', `\nExamples:\n${examples.map((it) => `  ${it}`).join('\n')}`)
  }
}

/** Every command that does something, by its path. */
export function commandsOf(program: Command, above = ''): readonly (readonly [string, Command])[] {
  return program.commands.flatMap((it) => {
    const path = `${above} ${it.name()}`.trim()
    const below = commandsOf(it, path)
    return below.length === 0 ? [[path, it] as const] : below
  })
}
