import { commandsOf, EXAMPLES, examplesOf } from '@flagmarshal/cli/examples'
/** Every command of the command line shows an example, and every example is a whole real command. */
import { build } from '@flagmarshal/cli/program'
import { expect, it } from 'vitest'

import { complaint } from '../packages/cli/test/support/program.ts'
import { createShell } from '../packages/cli/test/support/shell.ts'

const program = build(
  () => {
    throw new Error('nothing is run')
  },
  () => undefined,
  {
    streams: { out: () => undefined, err: () => undefined, colour: false, terminal: false },
    env: {},
  },
)
const commands = new Map(commandsOf(program))

/** A shell that parses, and runs nothing. */
const shell = createShell({
  flagmarshal: async (args) => ({ code: 0, out: '', err: (await complaint(args)) ?? '' }),
})

it('every command shows an example, in a file of packages/cli/src/examples', () => {
  expect(commands.size).toBeGreaterThan(200)
  expect([...commands.keys()].filter((path) => examplesOf(path).length === 0)).toEqual([])
})

it('and every example is of a command, which takes it', async () => {
  const wrong: string[] = Object.keys(EXAMPLES).filter((path) => !commands.has(path))
  for (const path of commands.keys())
    for (const example of examplesOf(path)) {
      const [parsed] = await shell.execute(example)
      if (parsed?.err !== '') wrong.push(`${example}: ${parsed?.err}`)
    }
  expect(wrong).toEqual([])
}, 60_000)

it('the help of a command ends with them', () => {
  expect(textOf('flag on')).toContain('Examples:\n  flagmarshal flag on new-checkout -e staging\n')
})

it('no command has an option that the program takes for itself', () => {
  const own = new Set(program.options.flatMap(namesOf))
  const hidden = [...commands].flatMap(([path, command]) =>
    command.options
      .filter((it) => namesOf(it).some((name) => own.has(name)))
      .map((it) => `${path} ${it.flags}`),
  )
  expect(hidden).toEqual([])
})

function namesOf({ long, short }: (typeof program.options)[number]): readonly string[] {
  return [long, short].filter((it) => it !== undefined)
}

function textOf(path: string): string {
  let text = ''
  const command = commands.get(path)
  command?.configureOutput({ writeOut: (it) => (text += it) })
  command?.outputHelp()
  return text
}
