/**
 * `flagmarshal feature look|override|remedy`: inputs that are missing, failing or not known.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { rowOfInput } from './input.ts'
import type { Open } from './program.ts'
import { describeNext, runOf } from './run.ts'

const HEADINGS = ['input', 'title', 'state', 'checked', '']

export function remedyCommands(feature: Command, open: Open, end: (code: ExitCode) => void): void {
  feature
    .command('look <feature>')
    .description('look at the references of all inputs now; exits 3 where one keeps the run from going on')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { inputs, state } = await session.call('checkInputs', { params: await runOf(session, name) })
      session.rows(inputs, HEADINGS, inputs.map(rowOfInput))
      if (state === 'halted') end(EXIT.gateClosed)
    })
  feature
    .command('override <feature> <input>')
    .description('as Technical Lead, accept that the references of an input cannot be looked at')
    .requiredOption('--reason <text>', 'why it is accepted all the same')
    .action(async (name: string, input: string, given: { reason: string }, command: Command) => {
      const session = open(command)
      const params = { ...(await runOf(session, name)), input }
      const run = await session.call('overrideInput', { params, body: { reason: given.reason } })
      session.result(run, () => describeNext(run))
    })
  feature
    .command('remedy <feature> <input>')
    .description('agree on who gets a missing input, and by when')
    .requiredOption('--owner <name>', 'who gets it')
    .requiredOption('--due <day>', 'by when, like 2026-12-01 or 2026-12-01T12:00:00Z')
    .action(async (name: string, input: string, given: { owner: string; due: string }, command: Command) => {
      const session = open(command)
      const due = new Date(given.due)
      if (Number.isNaN(due.getTime()))
        throw usage(`${given.due} is no day.`, 'Write it like 2026-12-01 or 2026-12-01T12:00:00Z.')
      const params = { ...(await runOf(session, name)), input }
      const body = { owner: given.owner, dueAt: due.toISOString() }
      const { inputs } = await session.call('agreeRemediation', { params, body })
      session.rows(inputs, HEADINGS, inputs.map(rowOfInput))
    })
}
