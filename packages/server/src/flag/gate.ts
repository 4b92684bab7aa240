/** Asking for the gate, where a protected environment is about to serve something else. */
import { gateRefusal } from '@flagmarshal/domain/flag/enable'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Tx } from '../storage/database.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectEnvironments } from '../storage/projects.ts'
import type { FlagPorts } from './ports.ts'

/** Why this environment may not serve something else of the flag; undefined where it is not protected or the gate is open. */
export async function closedGate(
  tx: Tx,
  ports: FlagPorts,
  { project, environment, flag }: FlagConfigKey,
): Promise<Refusal | undefined> {
  const environments = await selectEnvironments(tx, project)
  if (environments.find((it) => it.key === environment)?.protected !== true) return undefined
  return gateRefusal(await ports.gateOf(tx, project, flag, environment), flag, environment)
}
