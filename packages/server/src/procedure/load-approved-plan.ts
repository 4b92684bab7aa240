/** The plan of a run whose approvals hold now: what a rollout may carry out (P-X1). */
import { metByAlternative } from '@flagmarshal/domain/procedure/alternative'
import { standing } from '@flagmarshal/domain/procedure/approval'
import { whyGlassOpen } from '@flagmarshal/domain/procedure/broken-glass'
import { startRefusal } from '@flagmarshal/domain/procedure/exit'
import { runCheck } from '@flagmarshal/domain/procedure/feature-flag-rollout/checks'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { ApprovedPlan } from '../rollout/ports.ts'
import type { Queries } from '../storage/database.ts'
import { blackoutsOf } from './blackouts.ts'
import { presentBundle } from './bundle.ts'
import { loadFacts } from './facts.ts'
import { loadRun } from './load.ts'
import { observe } from './observe.ts'

/** Refuses where the run is neither approved nor completed, or hashes to something else by now. */
export async function loadApprovedPlan(
  queries: Queries,
  now: Date,
  key: { readonly project: string; readonly run: string },
): Promise<ApprovedPlan | Refusal> {
  const loaded = await loadRun(queries, key)
  if (isRefusal(loaded)) return loaded
  const { feature, setting } = loaded
  const facts = await loadFacts(queries, feature, loaded.run, { now, members: false })
  const run = observe(setting, loaded.run, { facts, now })
  if (run.state.kind !== 'approved' && run.state.kind !== 'completed') {
    return refuse(
      'run-not-approved',
      `Run ${run.id} is ${run.state.kind}.`,
      `See what is missing with "flagmarshal feature next ${feature.key}".`,
    )
  }
  if (metByAlternative(setting.definition, run).length > 0) {
    return refuse(
      'alternative-flag-system',
      `Run ${run.id} uses another flag system: rollouts are not automatic there.`,
      'Carry the plan out by hand, with what the run records of that system.',
    )
  }
  const { hash } = presentBundle({ setting, run }, facts)
  const approved = standing(run)[0]?.bundleHash
  const { plan } = facts.outputs.plan
  if (hash !== approved || plan === undefined) {
    return refuse(
      'bundle-changed',
      `The bundle hashes to ${hash}; approved was ${approved}.`,
      'Decide the changed steps again and have the bundle approved.',
    )
  }
  const startAt = run.schedule?.start
  const closed = startRefusal(setting, { start: now, blackouts: blackoutsOf(facts) }, now)
  const unfit = unfitOf(facts) ?? whyGlassOpen(loaded.brokenGlass)
  return {
    feature: feature.key,
    flag: feature.flag,
    plan,
    bundleHash: hash,
    ...(startAt === undefined ? {} : { startAt }),
    ...(closed && { closed }),
    ...(unfit && { unfit }),
  }
}

/** P-V3 at the start: what cannot be reached is not rolled out. */
function unfitOf(facts: FlagRolloutFacts): Refusal | undefined {
  const { state, findings } = runCheck('P-V3', facts)
  if (state !== 'fail' && state !== 'unknown') return undefined
  return refuse(
    'flag-system-inaccessible',
    `P-V3 does not pass: ${findings.join(', ')}.`,
    'Put it right; the rollout starts then.',
  )
}
