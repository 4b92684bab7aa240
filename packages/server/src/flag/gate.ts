/** Asking for the gate, where a protected environment is about to expose somebody. */
import { takesDrafts } from '@flagmarshal/domain/draft/can'
import { draftPolicyOf } from '@flagmarshal/domain/draft/policy'
import { gateRefusal, isOutsideProcedure } from '@flagmarshal/domain/flag/enable'
import type { GatedChange } from '@flagmarshal/domain/flag/enable'
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { isAutomation } from '../context.ts'
import type { Context } from '../context.ts'
import { policyOf } from '../project/policy.ts'
import type { Queries, Tx } from '../storage/database.ts'
import type { FlagConfigKey } from '../storage/flags.ts'
import { selectEnvironments } from '../storage/projects.ts'
import type { FlagPorts } from './ports.ts'

/** A change that raises exposure, and by what right. */
export interface Raise {
  readonly key: FlagConfigKey
  readonly what: GatedChange['what']
  /** It is the content of a draft whose approvals were looked at in this transaction. */
  readonly draft?: string | undefined
  /** Whether the environment is protected, where that was read already. */
  readonly protected?: boolean
}

/**
 * Why this environment may not expose anybody by the change; undefined where it is not protected, the
 * gate lets it through, or an approved draft says so and no procedure runs. An automation never raises
 * exposure.
 */
export async function closedGate(
  tx: Tx,
  { actor }: Context,
  ports: FlagPorts,
  { key, what, draft, protected: known }: Raise,
): Promise<Refusal | undefined> {
  const { project, environment, flag } = key
  if (!(known ?? (await isProtected(tx, project, environment)))) return undefined
  const gate = await ports.gateOf(tx, project, flag, environment)
  const policy = draftPolicyOf((await policyOf(tx, project)).drafts, environment)
  const forDrafts = isOutsideProcedure(gate) || (gate.kind === 'open' && typeof what === 'object')
  if (forDrafts && draft !== undefined) return takesDrafts(policy, environment)
  const refusal = gateRefusal(gate, { flag, environment, drafts: policy.accepted, what })
  if (refusal !== undefined || !isAutomation(actor)) return refusal
  return refuse(
    'person-needed',
    `Raising exposure in ${environment} needs a person; this token belongs to an automation.`,
    'Let the rollout do it, or have a person do it with a token of their own.',
  )
}

/** Whether an environment is protected; an unknown one is not. */
export async function isProtected(queries: Queries, project: string, environment: string): Promise<boolean> {
  const environments = await selectEnvironments(queries, project)
  return environments.find((it) => it.key === environment)?.protected === true
}
