/** Who is asked for a review of a rollout (P-X5). */
import type { Role } from '@flagmarshal/domain/access/permission'

import { policyOf } from '../project/policy.ts'
import type { Tx } from '../storage/database.ts'
import { selectFeature } from '../storage/procedures.ts'
import type { FeatureRow } from '../storage/procedures.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import type { Tell } from '../storage/tellings.ts'

/** Whom the plan names, and whoever holds its role for the feature; each is told by name. */
export async function reviewersOf(tx: Tx, { project, feature: key, plan }: StoredRollout): Promise<Tell> {
  const { people = [], role = 'operations-lead' } = plan.reviews ?? {}
  const feature = await selectFeature(tx, project, key)
  const names = new Set([...(feature === undefined ? [] : holdersOf(feature, role)), ...people])
  return { names: [...names], contacts: (await policyOf(tx, project)).contacts }
}

function holdersOf({ roles }: FeatureRow, role: Role): readonly string[] {
  const holders: Readonly<Partial<Record<Role, readonly string[]>>> = {
    'technical-lead': roles.technicalLead,
    'operations-lead': roles.operationsLead,
    'product-owner': roles.productOwner,
  }
  return holders[role] ?? []
}
