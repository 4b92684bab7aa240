/** `flagmarshal mcp`: the procedure for agents, over stdin and stdout. */
import type { Command } from 'commander'

import type { Open } from './program.ts'

export function mcpCommand(program: Command, open: Open): void {
  program
    .command('mcp')
    .description(
      'serve the Model Context Protocol on stdin and stdout: an agent prepares a run, and may pause and turn off; it never approves',
    )
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      session.project()
      // Loaded here, so that no other command waits for it.
      const { serveAgents } = await import('./mcp/serve.ts')
      await serveAgents(session)
    })
}
