/** Replacing what one environment serves of a flag. */
import type { FlagConfig, FlagConfigChange } from '@flagmarshal/api/flag'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { edited, faultsOf, ownedRuleRefusal } from '@flagmarshal/domain/flag/edit'
import type { EditFacts, ServedConfig } from '@flagmarshal/domain/flag/edit'
import { isOnAgain } from '@flagmarshal/domain/flag/enable'
import { raisesExposure } from '@flagmarshal/domain/flag/exposure'
import { isRefusal } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { stale } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Queries, Tx } from '../storage/database.ts'
import {
  lockEditedConfig,
  lockPrerequisites,
  selectPrerequisites,
  updateServedConfig,
} from '../storage/flags.ts'
import type { FlagConfigKey, FlagConfigRow } from '../storage/flags.ts'
import { selectConditions } from '../storage/segments.ts'
import { whyArchived } from './archive.ts'
import { closedGate } from './gate.ts'
import { invalid } from './invalid.ts'
import { logicFaults } from './logic-faults.ts'
import type { FlagParts, FlagPorts } from './ports.ts'
import { noConfig } from './read.ts'
import { newSalt } from './salt.ts'
import { flagConfigView, servedConfig } from './view.ts'

/** A configuration as somebody wants it, and the revision that they have seen. */
export interface Wanted {
  readonly change: FlagConfigChange
  readonly ifMatch: number
  /** The approved draft that says so. */
  readonly draft?: { readonly id: string; readonly why: string }
}

/**
 * Replaces a configuration. Refuses a stale revision, content that does not fit the flag, an edit of
 * a rollout's rule, and a closed gate. One that changes nothing leaves the revision as it is.
 */
export async function configureFlag(
  context: Context,
  { database, flagPorts }: FlagParts,
  key: FlagConfigKey,
  wanted: Wanted,
): Promise<FlagConfig | Refusal> {
  return await database.transaction((tx) => configureIn(tx, context, flagPorts, { key, wanted }))
}

/** The same in a transaction that does more: a draft is published in it. */
export async function configureIn(
  tx: Tx,
  context: Context,
  flagPorts: FlagPorts,
  { key, wanted }: { readonly key: FlagConfigKey; readonly wanted: Wanted },
): Promise<FlagConfig | Refusal> {
  const { change, ifMatch, draft } = wanted
  const { project, environment, flag } = key
  // Asked together, and answered one after the other: who hears of it is read when the lock is there.
  const [row, isHeard] = await Promise.all([lockEditedConfig(tx, key), flagPorts.isHeard(tx, project, flag)])
  if (row === undefined) return noConfig(key)
  const archived = whyArchived({ key: key.flag, archived_at: row.archived_at })
  if (archived !== undefined) return archived
  if (row.revision !== ifMatch)
    return stale(`configuration of ${key.flag} in ${key.environment}`, flagConfigView(row))

  if ((change.prerequisites ?? []).length > 0) await lockPrerequisites(tx, key)
  const current = servedConfig(row)
  const next = editOf(change, {
    flag: { key: key.flag, valueType: row.value_type, variants: row.variants },
    current,
    segments: new Set(row.segments),
    others: await otherFlags(tx, key, change),
    newRuleId: () => newId('rule'),
    newSalt,
  })
  if (isRefusal(next)) return next
  if (canonical(next) === canonical(current)) return flagConfigView(row)
  const closed = raisesExposure(current, next)
    ? await closedGate(tx, context, flagPorts, {
        key,
        what: isOnAgain(current, next) ? 'on-again' : 'config',
        draft: draft?.id,
        protected: row.protected,
      })
    : undefined
  if (closed !== undefined) return closed

  const stored = storeConfig(tx, context, key, next)
  if (isHeard) {
    await stored
    const changed = { project, flags: [flag], environments: [environment], what: 'config' as const }
    await flagPorts.onFlagChanged(tx, context, changed)
  }
  const reason = draft === undefined ? {} : { reason: `${draft.id}: ${draft.why}` }
  await recordConfig(tx, context, { action: 'flag.configure', before: row, after: stored, ...reason })
  return flagConfigView(await stored)
}

/** Stores a configuration as the next revision of its environment. */
export async function storeConfig(
  tx: Tx,
  context: Context,
  key: FlagConfigKey,
  next: ServedConfig,
): Promise<FlagConfigRow> {
  return await updateServedConfig(tx, key, {
    enabled: next.enabled,
    off_variant: next.offVariant,
    prerequisites: toJson(next.prerequisites ?? []),
    rules: toJson(next.rules),
    fallthrough: toJson(next.fallthrough),
    updated_at: context.now,
    updated_by: context.actor.id,
  })
}

/** Records the change of a configuration under its flag; what it has become may still be on its way. */
export async function recordConfig(
  tx: Tx,
  context: Context,
  change: {
    readonly action: string
    readonly before: FlagConfigRow
    readonly after: FlagConfigRow | Promise<FlagConfigRow>
    readonly reason?: string
  },
): Promise<void> {
  const { action, before, after, reason } = change
  await record(tx, context, {
    chain: { project: before.project },
    action,
    subject: { kind: 'flag', id: before.flag },
    before: flagConfigView(before),
    after: after instanceof Promise ? after.then(flagConfigView) : flagConfigView(after),
    ...(reason === undefined ? {} : { reason }),
  })
}

/** What a change makes of a configuration, or why it cannot be. */
export function editOf(change: FlagConfigChange, facts: EditFacts): ServedConfig | Refusal {
  const logic = change.rules.flatMap((it, index) => logicFaults(it.when, `/rules/${index}/when`))
  return (
    ownedRuleRefusal(change, facts.current) ??
    invalid([...faultsOf(change, facts), ...logic]) ??
    edited(change, facts)
  )
}

/** The flags that a configuration may ask for; none are read where it asks for none. */
export async function otherFlags(
  queries: Queries,
  key: FlagConfigKey,
  { prerequisites = [] }: FlagConfigChange,
): Promise<EditFacts['others']> {
  if (prerequisites.length === 0) return new Map()
  const rows = await selectPrerequisites(queries, key.project, key.environment)
  return new Map(
    rows.map(({ flag, variants, prerequisites: asked }) => [
      flag,
      { variants: Object.keys(variants), asksFor: asked.map((it) => it.flag) },
    ]),
  )
}

/** The segments that a configuration may name. */
export async function segmentKeys(
  queries: Queries,
  { project, environment }: FlagConfigKey,
): Promise<ReadonlySet<string>> {
  return new Set((await selectConditions(queries, project, environment)).map(({ segment }) => segment))
}
