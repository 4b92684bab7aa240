/**
 * The way of every act on a run: lock it, look at what it rests on, let the domain decide, store.
 */
import { definitionFor } from '@flagmarshal/domain/procedure/alternative'
import type { FlagRolloutFacts } from '@flagmarshal/domain/procedure/feature-flag-rollout/facts'
import type { Run } from '@flagmarshal/domain/procedure/run'
import { transition } from '@flagmarshal/domain/procedure/transition'
import type { RunEvent } from '@flagmarshal/domain/procedure/transition'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { system } from '../context.ts'
import type { Database, Tx } from '../storage/database.ts'
import { loadFacts } from './facts.ts'
import { loadRunLocked, tellingsOf } from './load.ts'
import type { Loaded, RunKey } from './load.ts'
import { observe } from './observe.ts'
import { storeRun } from './store.ts'
import type { Act } from './store.ts'

/** What somebody wants to happen. */
export interface Wish extends Act {
  readonly event: RunEvent
}

/** A locked run that has taken notice of the world. */
export interface Present extends Loaded {
  readonly facts: FlagRolloutFacts
}

/**
 * Carries out what `wish` makes of the run as it is now. The answer is the run as stored, or the
 * refusal of `wish` or of the domain; a refusal changes nothing.
 */
export async function changeRun(
  context: Context,
  database: Database,
  key: RunKey,
  wish: (present: Present, tx: Tx) => Wish | Refusal | Promise<Wish | Refusal>,
): Promise<Loaded | Refusal> {
  return await database.transaction(async (tx) => {
    const present = await presentRun(tx, context, key)
    if (isRefusal(present)) return present
    const wanted = await wish(present, tx)
    if (isRefusal(wanted)) return wanted
    const { feature, setting, run } = present
    const after = transition(setting, run, wanted.event, context.now)
    if (isRefusal(after)) return after
    const { brokenGlass, tellings } = present
    if (after === run) return { feature, setting, run, brokenGlass, tellings }
    const stored = await storeRun(tx, context, { setting, before: run, after }, wanted)
    // What was recorded may decide which checks are made by people from now on.
    const definition = definitionFor(setting.definition, stored)
    return {
      feature,
      setting: { ...setting, definition },
      run: stored,
      brokenGlass,
      tellings: await tellingsOf(tx, feature, stored),
    }
  })
}

/** Notices what changed outside, and stores that; the run as it then is. */
export async function refreshRun(
  context: Context,
  database: Database,
  key: RunKey,
): Promise<Loaded | Refusal> {
  return await database.transaction((tx) => presentRun(tx, context, key))
}

/** A locked run; what it has to take notice of is stored first, in the name of the system. */
export async function presentRun(tx: Tx, context: Context, key: RunKey): Promise<Present | Refusal> {
  const loaded = await loadRunLocked(tx, key)
  if (isRefusal(loaded)) return loaded
  const { feature, setting, run } = loaded
  const facts = await loadFacts(tx, feature, run, { now: context.now, members: false })
  const seen = observe(setting, run, { facts, now: context.now })
  return { ...loaded, facts, run: await storeSight(tx, context, loaded, seen) }
}

/** Stores what a run took notice of. */
export async function storeSight(
  tx: Tx,
  context: Context,
  { setting, run }: Loaded,
  seen: Run,
): Promise<Run> {
  if (seen === run) return run
  const passage = { setting, before: run, after: seen }
  return await storeRun(tx, { ...context, actor: system('procedure') }, passage, { action: 'run.observe' })
}
