/**
 * The rollout controller's way into a flag: one rule, placed by compare-and-set inside the
 * controller's own transaction, and the configuration as it is stored.
 */
import type { FlagConfig } from '@flagmarshal/api/flag'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import type { FlagVariants, ServedConfig } from '@flagmarshal/domain/flag/edit'
import type { FlagKind, Rule } from '@flagmarshal/evaluation'

import type { Context } from '../context.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { lockFlagConfig, selectFlag, selectFlagConfig, shareFlag } from '../storage/flags.ts'
import type { FlagConfigKey, FlagConfigRow } from '../storage/flags.ts'
import { recordConfig, storeConfig } from './configure.ts'
import { flagConfigView, servedConfig } from './view.ts'

/** The rule that a rollout wants to have in a flag. */
export interface RolloutPlacement extends FlagConfigKey {
  /** Takes the place of the rule that the rollout owns; undefined takes that one away. */
  readonly rule: Rule | undefined
  /** Where a first rule goes: before the rule at this index; last when absent. */
  readonly position?: number
  /** Whether the flag is turned on, too. A flag is never turned off here. */
  readonly enable: boolean
  /** The revision of the flag's configuration that the controller has seen. */
  readonly expectedRevision: number
  /** Why, for the audit chain. */
  readonly reason: string
}

/** What became of a placement. Nothing is written in a conflict. */
export type Placed =
  | {
      readonly kind: 'placed'
      /** Of the flag's configuration; the next placement expects it. */
      readonly revision: number
      /** What instances must acknowledge. */
      readonly environmentRevision: number
    }
  | {
      readonly kind: 'conflict'
      /** `edited`: somebody changed the configuration. `owned`: another rollout has a rule there. */
      readonly why: 'edited' | 'owned'
      /** What is stored now, with who changed it and when. */
      readonly current: FlagConfig
    }

/**
 * Places, changes or removes the rollout's rule. One that changes nothing keeps the revision. Locks
 * the flag's configuration: the caller holds its rollout's row already. Throws when the flag does
 * not exist or the rule names a variant that it does not have.
 */
export async function placeRolloutRule(
  tx: Tx,
  context: Context,
  placement: RolloutPlacement,
): Promise<Placed> {
  const { rule, enable, expectedRevision, reason } = placement
  const key = keyOf(placement)
  const flag = await shareFlag(tx, key.project, key.flag)
  const row = await lockFlagConfig(tx, key)
  if (flag === undefined || row === undefined) throw new Error(`there is no flag ${key.flag} to roll out`)
  if (row.revision !== expectedRevision)
    return { kind: 'conflict', why: 'edited', current: flagConfigView(row) }
  const owner = row.rules.find((it) => it.rollout !== undefined)?.rollout?.id
  if (owner !== undefined && rule?.rollout !== undefined && owner !== rule.rollout.id)
    return { kind: 'conflict', why: 'owned', current: flagConfigView(row) }
  requireVariants(rule, flag.variants)

  const current = servedConfig(row)
  const next: ServedConfig = {
    ...current,
    enabled: current.enabled || enable,
    rules: withRule(current.rules, rule, placement.position),
  }
  if (canonical(next) === canonical(current)) return placed(row)
  const stored = await storeConfig(tx, context, key, next)
  await recordConfig(tx, context, { action: 'flag.serve-rollout', before: row, after: stored, reason })
  return placed(stored)
}

/** A flag in one environment, as the controller needs to know it. */
export interface StoredFlag extends FlagVariants, ServedConfig {
  readonly kind: FlagKind
  readonly revision: number
  readonly environmentRevision: number
  readonly updatedAt: Date
  readonly updatedBy: string
}

/** What is stored of a flag in one environment; undefined if there is no such flag there. */
export async function readFlagConfig(queries: Queries, key: FlagConfigKey): Promise<StoredFlag | undefined> {
  const flag = await selectFlag(queries, key.project, key.flag)
  const row = await selectFlagConfig(queries, key)
  if (flag === undefined || row === undefined) return undefined
  return {
    kind: flag.kind,
    valueType: flag.value_type,
    variants: flag.variants,
    ...servedConfig(row),
    revision: row.revision,
    environmentRevision: row.environment_revision,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  }
}

function placed(row: FlagConfigRow): Placed {
  return { kind: 'placed', revision: row.revision, environmentRevision: row.environment_revision }
}

function keyOf({ project, environment, flag }: FlagConfigKey): FlagConfigKey {
  return { project, environment, flag }
}

function withRule(rules: readonly Rule[], rule: Rule | undefined, position?: number): readonly Rule[] {
  const at = rules.findIndex((it) => it.rollout !== undefined)
  if (at >= 0) return rules.toSpliced(at, 1, ...(rule === undefined ? [] : [rule]))
  return rule === undefined ? rules : rules.toSpliced(position ?? rules.length, 0, rule)
}

function requireVariants(rule: Rule | undefined, variants: FlagVariants['variants']): void {
  if (rule === undefined) return
  const served = 'variant' in rule.serve ? [rule.serve.variant] : []
  const exposed = 'exposure' in rule.serve ? [rule.serve.exposure.variant] : []
  const arms = rule.rollout === undefined ? [] : [rule.rollout.treatment, rule.rollout.control]
  for (const variant of [...served, ...exposed, ...arms]) {
    if (!Object.hasOwn(variants, variant)) throw new RangeError(`the flag has no variant ${variant}`)
  }
}
