/**
 * The program `flagmarshal`.
 */
import process from 'node:process'

import { EXIT } from './exit-code.ts'
import { run } from './program.ts'

process.once('SIGINT', () => process.exit(EXIT.interrupted))
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`| head`): there is nobody left to tell.
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
})

const terminal = process.stdout.isTTY ?? false
process.exitCode = await run(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  terminal,
  ...(process.stderr.columns === undefined ? {} : { columns: process.stderr.columns }),
  colour: terminal && process.env['NO_COLOR'] === undefined,
})
