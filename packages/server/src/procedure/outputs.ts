/** The outputs of a run by name, for the procedures that take over (P-D2). */
import type { NamedOutput } from '@flagmarshal/api/procedure-run'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { standing } from '@flagmarshal/domain/procedure/approval'
import { OUTPUT_STEPS } from '@flagmarshal/domain/procedure/feature-flag-rollout/named-outputs'
import type { OutputName } from '@flagmarshal/domain/procedure/feature-flag-rollout/named-outputs'
import { recordOf } from '@flagmarshal/domain/procedure/standing'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import type { Database } from '../storage/database.ts'
import { presentBundle } from './bundle.ts'
import { baselinesOf, loadFacts } from './facts.ts'
import type { RunKey } from './load.ts'
import { seenRun } from './show-run.ts'

/** One output, with the baseline of the flag where it rests on one. */
export async function showOutput(
  context: Context,
  database: Database,
  key: RunKey & { readonly output: OutputName },
): Promise<Omit<NamedOutput, 'schema'> | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  const { feature, run } = loaded
  const step = OUTPUT_STEPS[key.output]
  const { output } = recordOf(run, step)
  if (Object.keys(output).length === 0) {
    return refuse('not-found', `Step ${step} has no output yet.`, `Write the output of step ${step}.`)
  }
  const facts = await loadFacts(database.kysely, feature, run, { now: context.now, members: false })
  const baseline = baselinesOf(facts)[String(step)]
  const content = { ...output, ...(baseline === undefined ? {} : { baseline }) }
  const bundleHash = presentBundle(loaded, facts).hash
  const given = standing(run).filter((it) => it.bundleHash === bundleHash)
  const approved = run.state.kind === 'approved' || run.state.kind === 'completed'
  return {
    name: key.output,
    project: feature.project,
    feature: feature.key,
    run: run.id,
    hash: sha256(canonical(content)),
    state: approved && given.length > 0 ? 'approved' : 'not_approved',
    bundleHash,
    approvals: given.map(({ role, by, at }) => ({ role, by, at: at.toISOString() })),
    content,
  }
}
