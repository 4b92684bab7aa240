/**
 * Whether a pipeline should put the code back, too. Whoever asks takes a success for yes (Flagger's hook
 * of type `rollback`), so there is one only while the rollout of the feature rolls back, or has just done
 * so; whatever is healthy, over, unknown or unreadable is no.
 */
import { refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { notFound } from '../refusals.ts'
import type { Database } from '../storage/database.ts'
import { selectFeature } from '../storage/procedures.ts'
import { selectRollouts } from '../storage/rollouts.ts'

/** How long after a rollback it is said: the next deployment brings the correction. */
const RECENT_MS = 15 * 60_000

/** Yes with the rollout, or why not. */
export async function confirmRollback(
  { now }: Pick<Context, 'now'>,
  { kysely }: Database,
  { project, feature }: { readonly project: string; readonly feature: string },
): Promise<{ readonly rollback: true; readonly rollout: string; readonly state: string } | Refusal> {
  if ((await selectFeature(kysely, project, feature)) === undefined) return notFound('feature', feature)
  const [latest] = await selectRollouts(kysely, project, { feature, limit: 1 })
  const state = latest?.rollout.state.kind
  const recent =
    latest?.rolledBackAt !== undefined && now.getTime() - latest.rolledBackAt.getTime() < RECENT_MS
  if (latest !== undefined && (state === 'rolling_back' || state === 'rollback_failed'))
    return { rollback: true, rollout: latest.id, state }
  if (latest !== undefined && state === 'rolled_back' && recent)
    return { rollback: true, rollout: latest.id, state }
  return refuse(
    'no-rollback',
    state === undefined
      ? `The feature ${feature} has no rollout.`
      : `The rollout of ${feature} is ${state}: nothing says that the code must go back.`,
    'Go on.',
  )
}
