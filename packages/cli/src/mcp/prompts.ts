/** What a person may ask an agent for, in words that know the tools. */
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { z } from 'zod'

export function addPrompts(server: McpServer): void {
  const feature = z.string().describe('Key of the feature.')
  server.registerPrompt(
    'run_the_procedure',
    {
      title: 'Run the procedure',
      description: 'Prepare a feature up to its approvals.',
      argsSchema: { feature },
    },
    (given) =>
      ask(`Take the feature ${given.feature} through the rollout procedure, up to asking for its approvals.
Call flagmarshal_next, do what it gives you a tool for, and repeat. For each step: read it with flagmarshal_feature_get, write its output from the repository and the inputs (propose a strategy and draft a plan first), run its checks, then stop and tell me who must decide, with the command.
Never make up evidence, results or references: where something is missing, say what and who has it. Use dryRun before you overwrite what somebody else wrote.`),
  )
  server.registerPrompt(
    'stage_review',
    {
      title: 'Review a stage',
      description: 'Look at a rollout and say how it goes.',
      argsSchema: { rollout: z.string().describe('Id of the rollout.') },
    },
    (given) =>
      ask(`Review the rollout ${given.rollout} with flagmarshal_rollout_status. For each criterion: the exposed and the control arm, the verdict and its arithmetic, in one sentence. Name what has no data.
Say whether you would continue, pause or roll back, and why. If a guardrail is breached and it still goes on, pause it with flagmarshal_pause and tell me. Advancing and resuming are for people.`),
  )
  server.registerPrompt(
    'retire_a_flag',
    {
      title: 'Retire a flag',
      description: 'Take a flag that is done out of the code.',
      argsSchema: { flag: z.string().describe('Key of the flag.') },
    },
    (given) =>
      ask(`Find out with flagmarshal_debt_list and flagmarshal_search whether the flag ${given.flag} should go, and what it serves everywhere. Then take it out of the code: keep the branch that everybody gets, delete the other one with its tests, and report the references that are left with flagmarshal_refs_report.
Do not turn anything on or off for it.`),
  )
}

function ask(text: string) {
  return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] }
}
