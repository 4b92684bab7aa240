/** Wires the hooks: the integrations by kind, and the loop that carries their runs out. */
import type { Config } from './config.ts'
import type { HookParts } from './hook/carry-out.ts'
import { startHookRunner } from './hook/runner.ts'
import type { HookRunner } from './hook/runner.ts'
import { commandHook } from './integrations/hook/command.ts'
import { githubHook } from './integrations/hook/github.ts'
import { httpHook, httpProbe } from './integrations/hook/http.ts'
import { createOutgoing } from './integrations/http/outgoing.ts'

/** Starts the loop. */
export async function startHooks(
  parts: Omit<HookParts, 'invoke'>,
  { hookPrograms, outgoingAllow }: Config,
): Promise<HookRunner> {
  // A way out of their own: a hook may take long, and a server that stops does not wait for it.
  const stopping = new AbortController()
  const outgoing = createOutgoing(outgoingAllow, stopping.signal)
  const invoke = {
    http: httpHook(outgoing),
    command: commandHook(hookPrograms),
    github: githubHook(outgoing),
    probe: httpProbe(outgoing),
  }
  return await startHookRunner({ ...parts, invoke }, stopping)
}
