/** The bundle of a run: its content, its hash, and how it differs from what was approved. */
import type { Bundle as BundleView } from '@flagmarshal/api/procedure-run'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { bundleOf, differences } from '@flagmarshal/domain/procedure/bundle'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { JsonObject } from '@flagmarshal/domain/procedure/run'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { z } from 'zod'

import type { Context } from '../context.ts'
import { sha256 } from '../id.ts'
import type { Database, Queries } from '../storage/database.ts'
import { selectBundle } from '../storage/procedures.ts'
import { baselinesOf, loadFacts } from './facts.ts'
import type { Loaded, RunKey } from './load.ts'
import { seenRun } from './show-run.ts'

/** A bundle and what it hashes to. */
export interface Bundle {
  readonly content: JsonObject
  readonly hash: string
}

/** The bundle as it is now. */
export function presentBundle(
  { setting, run }: Pick<Loaded, 'setting' | 'run'>,
  facts: FlagRolloutFacts,
): Bundle {
  const content = bundleOf(setting, run, baselinesOf(facts))
  return { content, hash: sha256(canonical(content)) }
}

/** The bundle, its hash, and where it differs from the one that was approved last. */
export async function showBundle(
  context: Context,
  database: Database,
  key: RunKey,
): Promise<BundleView | Refusal> {
  const loaded = await seenRun(context, database, key)
  if (isRefusal(loaded)) return loaded
  const { feature, run } = loaded
  const facts = await loadFacts(database.kysely, feature, run, { now: context.now, members: false })
  const { content, hash } = presentBundle(loaded, facts)
  const approved = run.lastApproved?.bundleHash
  const base = approved === undefined ? undefined : await storedBundle(database.kysely, run.id, approved)
  return {
    hash,
    approvedHash: approved ?? null,
    approved: approved === hash && (run.state.kind === 'approved' || run.state.kind === 'completed'),
    differs: base === undefined ? [] : [...differences(base, content)],
    bundle: content,
    approvedBundle: base ?? null,
  }
}

async function storedBundle(queries: Queries, run: string, hash: string): Promise<JsonObject> {
  const stored = await selectBundle(queries, run, hash)
  return z.record(z.string(), z.json()).parse(stored?.content ?? {})
}
