/**
 * The command line in this process: what a call prints and ends with, and whether a call is well formed.
 */
import { CommanderError } from 'commander'

import { build, run } from '../../src/program.ts'
import type { Environment } from '../../src/program.ts'
import type { Ended } from './shell.ts'

/** Runs a command line as `main.ts` does. */
export async function flagmarshal(args: readonly string[], env: Environment): Promise<Ended> {
  const said = { out: '', err: '' }
  const code = await run(args, env, {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    colour: false,
    terminal: false,
  })
  return { code, ...said }
}

/** What the real parser has against a command line, without running it; undefined if nothing. */
export async function complaint(args: readonly string[]): Promise<string | undefined> {
  const wellFormed = new Error('it reached its action')
  let said = ''
  const program = build(
    () => {
      throw wellFormed
    },
    () => undefined,
    {
      streams: { out: () => undefined, err: (text) => (said += text), colour: false, terminal: false },
      env: {},
    },
  )
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error === wellFormed || (error instanceof CommanderError && error.exitCode === 0)) return undefined
    return said === '' ? String(error) : said
  }
  return 'it did nothing'
}
