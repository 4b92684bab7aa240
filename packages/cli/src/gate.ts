/**
 * `flagmarshal gate check`: may a pipeline go on? Exit 0 when open, 3 when closed.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import type { Open } from './program.ts'
import { ask, duration } from './wait.ts'

export function gateCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  program
    .command('gate')
    .description('gates for pipelines')
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
          ? `${given.gate} of ${feature} is open.`
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
