/**
 * `flagmarshal gate check`: may a pipeline go on? Exit 0 when open, 3 when closed.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import { ask, duration } from './wait.ts'

export function gateCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const gates = program.command('gate').description('gates for pipelines')
  breaking(gates, open)
  gates
    .command('check <feature>')
    .description('say whether a gate is open; exits 3 when it is closed, 8 when --wait ran out')
    .option('--gate <gate>', 'flags-ready, plan-approved or stage:n', 'plan-approved')
    .option('--wait <duration>', 'how long to wait for it to open')
    .action(async (feature: string, given: { gate: string; wait?: string }, command: Command) => {
      const withinMs = given.wait === undefined ? 0 : duration(given.wait)
      const session = open(command)
      const read = () =>
        session.call('showGate', {
          params: { project: session.project(), feature },
          query: { gate: given.gate },
        })
      const gate = await ask(read, (it) => it.open, { withinMs, everyMs: 1_000 })
      session.result(gate, () =>
        gate.open
          ? [`${given.gate} of ${feature} is open.`, ...gate.notes.map((it) => `  ${it}`)].join('\n')
          : [
              `${given.gate} of ${feature} is closed (${gate.state}).`,
              ...gate.blockers.map((it) => `  ${it.message} ${it.remedy}`),
              ...gate.nextActions.map(
                (it) => `  next: ${it.title} (${it.who.join(', ') || 'anybody'}): ${it.command}`,
              ),
            ].join('\n'),
      )
      if (!gate.open) end(given.wait === undefined ? EXIT.gateClosed : EXIT.timeout)
    })
}

function breaking(gates: Command, open: Open): void {
  gates
    .command('break <feature>')
    .description('go past a closed gate in an emergency, for a limited time; a review stays open')
    .requiredOption('--reason <text>', 'why it cannot wait')
    .option('--gate <gate>', 'which gate', 'plan-approved')
    .option('--minutes <number>', 'how long it counts as open', '60')
    .action(
      async (feature: string, given: { reason: string; gate: string; minutes: string }, command: Command) => {
        const session = open(command)
        const minutes = wholeNumber(given.minutes, '--minutes')
        const made = await session.call('breakGlass', {
          params: { project: session.project(), feature },
          body: { gate: given.gate, reason: given.reason, minutes },
        })
        session.result(
          made,
          () =>
            `${made.gate} of ${feature} counts as open until ${made.until}. Somebody else must review it: flagmarshal gate review ${feature} ${made.id} --note "…"`,
        )
      },
    )
  gates
    .command('broken <feature>')
    .description('the gates of a feature that were passed in an emergency, newest first')
    .action(async (feature: string, _: unknown, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), feature }
      const { items } = await session.call('listBrokenGlass', { params })
      session.rows(
        items,
        ['id', 'gate', 'by', 'until', 'review', 'reason'],
        items.map((it) => [it.id, it.gate, it.by, it.until, it.review?.by ?? 'open', it.reason]),
      )
    })
  gates
    .command('review <feature> <glass>')
    .description('review afterwards that somebody went past a gate')
    .requiredOption('--note <text>', 'what you found')
    .action(async (feature: string, glass: string, given: { note: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), feature, glass }
      const it = await session.call('reviewBrokenGlass', { params, body: given })
      session.result(it, () => `Reviewed by ${it.review?.by ?? 'nobody'}.`)
    })
}
