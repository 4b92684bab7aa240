/**
 * The program `flagmarshal`.
 */
import process from 'node:process'

import { askAtTerminal } from './ask.ts'
import { EXIT } from './exit-code.ts'
import { run } from './program.ts'

process.once('SIGINT', () => process.exit(EXIT.interrupted))
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`| head`): there is nobody left to tell.
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
})

// What is said on the way, drawn and coloured goes to stderr; stdout has the result alone.
const terminal = process.stderr.isTTY ?? false
process.exitCode = await run(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  terminal,
  ...(process.stderr.columns === undefined ? {} : { columns: process.stderr.columns }),
  colour: terminal && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
  ...(terminal && process.stdin.isTTY ? { ask: askAtTerminal } : {}),
})
