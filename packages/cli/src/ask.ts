/** Asking the person at the terminal. Questions go to stderr, so that stdout has the result alone. */
import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

import type { Ask } from './session.ts'

/** What nobody reads: a token must not stand on the screen. */
const UNSEEN = () => new Writable({ write: (_chunk, _encoding, done) => done() })

/** Asks on the terminal. Ctrl-C and the end of the input throw an AbortError. */
export const askAtTerminal: Ask = async (question, hidden) => {
  const output = hidden === undefined ? process.stderr : UNSEEN()
  // From here on the terminal shows nothing by itself; only then is the question asked.
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  if (hidden !== undefined) process.stderr.write(question)
  const left = new AbortController()
  lines.once('close', () => left.abort())
  try {
    return (await lines.question(hidden === undefined ? question : '', { signal: left.signal })).trim()
  } finally {
    lines.close()
    if (hidden !== undefined) process.stderr.write('\n')
  }
}
