/** The server that agents speak to: what it offers, and its life, which ends with stdin. */
import { once } from 'node:events'
import process from 'node:process'

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'

import type { Session } from '../session.ts'
import { addPrompts } from './prompts.ts'
import { READING } from './reading.ts'
import { REDUCING } from './reducing.ts'
import { addResources } from './resources.ts'
import { WRITING } from './writing.ts'

const INSTRUCTIONS = `Flagmarshal takes a feature to production by a written procedure: inputs, work plan, seven steps, three approvals, a rollout.
Begin with flagmarshal_next: it says what blocks a feature, who must act, and which tool does it where you may. Every writing tool takes dryRun.
You prepare: inputs, plans, outputs of steps, checks, drills. People review, decide and approve: ask for it, name them the command, and wait. Nothing here raises exposure. When something looks wrong in production, flagmarshal_pause or flagmarshal_kill, and say so.`

/** Serves until the other side closes stdin. */
export async function serveAgents(session: Session): Promise<void> {
  const server = new McpServer({ name: 'flagmarshal', version: '0.1.0' }, { instructions: INSTRUCTIONS })
  for (const add of [...READING, ...WRITING, ...REDUCING]) add(server, session)
  addResources(server, session)
  addPrompts(server)
  await server.connect(new StdioServerTransport())
  await once(process.stdin, 'end')
  await server.close()
}
