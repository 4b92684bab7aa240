/** Going past a gate in an emergency, and the review that follows. */
import type { BrokenGlass as GlassView, BreakGlass } from '@flagmarshal/api/broken-glass'
import { glassOf, mayBreak, mayReviewGlass } from '@flagmarshal/domain/procedure/broken-glass'
import { approvers } from '@flagmarshal/domain/procedure/can'
import { featureFlagRollout } from '@flagmarshal/domain/procedure/feature-flag-rollout'
import { parseGate } from '@flagmarshal/domain/procedure/gate'
import type { Setting } from '@flagmarshal/domain/procedure/run'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'

import { record } from '../audit/record.ts'
import type { Context } from '../context.ts'
import { newId } from '../id.ts'
import { policyOf } from '../project/policy.ts'
import { notFound } from '../refusals.ts'
import { insertGlass, reviewGlass, selectGlass } from '../storage/broken-glass.ts'
import type { GlassRow } from '../storage/broken-glass.ts'
import type { Database, Tx } from '../storage/database.ts'
import { emit } from '../storage/outbox.ts'
import { lockFeature, selectFeature } from '../storage/procedures.ts'
import { brokenGlassOf, glassOfRow, glassView } from './glass-view.ts'
import { actorOf, settingOf } from './load.ts'
import { showGate } from './show-gate.ts'

/** The gate that flags ask. */
const FLAG_GATE = 'plan-approved'

/** A feature by its address. */
export interface FeatureKey {
  readonly project: string
  readonly feature: string
}

/** Breaks the glass of a closed gate. */
export async function breakGlass(
  context: Context,
  database: Database,
  key: FeatureKey,
  { gate, reason, minutes }: BreakGlass,
): Promise<GlassView | Refusal> {
  if (parseGate(featureFlagRollout, gate) === undefined)
    return refuse('invalid', `There is no gate ${gate}.`, 'Use one that "gate check" knows.', '/gate')
  const shown = await showGate(context, database, key, gate)
  if (isRefusal(shown)) return shown
  return await database.transaction(async (tx) => {
    const setting = await lockedSetting(tx, key)
    if (isRefusal(setting)) return setting
    const earlier = await brokenGlassOf(tx, key.project, key.feature)
    // What is approved opens it for the rollout alone; an emergency may need more than the plan says.
    const more = gate === FLAG_GATE && glassOf(earlier, gate, context.now) === undefined
    const no = mayBreak(setting, actorOf(context.actor), shown.open && !more, context.now)
    if (no !== undefined) return no
    const row = {
      id: newId('glass'),
      ...key,
      gate,
      reason,
      by: context.actor.id,
      at: context.now,
      until: new Date(context.now.getTime() + minutes * 60_000),
      review: null,
    }
    await insertGlass(tx, row)
    await tell(tx, context, { setting, row, type: SIGNAL_TYPES.gateBroken, action: 'gate.break' })
    return glassView(glassOfRow(row))
  })
}

/** Closes the matter: another approver has looked at it. */
export async function reviewBrokenGlass(
  context: Context,
  database: Database,
  key: FeatureKey & { readonly glass: string },
  note: string,
): Promise<GlassView | Refusal> {
  const { project, feature, glass: id } = key
  return await database.transaction(async (tx) => {
    const setting = await lockedSetting(tx, { project, feature })
    if (isRefusal(setting)) return setting
    const row = (await selectGlass(tx, project, feature)).find((it) => it.id === id)
    if (row === undefined) return notFound('broken gate', id)
    const no = mayReviewGlass(setting, actorOf(context.actor), glassOfRow(row))
    if (no !== undefined) return no
    const review = { by: context.actor.id, at: context.now.toISOString(), note }
    await reviewGlass(tx, id, review)
    const reviewed = { ...row, review }
    await tell(tx, context, {
      setting,
      row: reviewed,
      type: SIGNAL_TYPES.gateReviewed,
      action: 'gate.review',
    })
    return glassView(glassOfRow(reviewed))
  })
}

/** All of a feature, newest first. */
export async function listBrokenGlass(
  { kysely }: Database,
  { project, feature }: FeatureKey,
): Promise<GlassView[] | Refusal> {
  if ((await selectFeature(kysely, project, feature)) === undefined) return notFound('feature', feature)
  return (await brokenGlassOf(kysely, project, feature)).map(glassView)
}

async function lockedSetting(tx: Tx, { project, feature }: FeatureKey): Promise<Setting | Refusal> {
  const row = await lockFeature(tx, project, feature)
  if (row === undefined) return notFound('feature', feature)
  return settingOf(row, featureFlagRollout, await policyOf(tx, project))
}

async function tell(
  tx: Tx,
  context: Context,
  it: {
    readonly setting: Setting
    readonly row: GlassRow
    readonly type: string
    readonly action: string
  },
): Promise<void> {
  const { setting, row, type, action } = it
  const { id, project, feature, gate, reason, by, until, review } = row
  const names = approvers(setting)
  await emit(tx, context, {
    type,
    project,
    subject: `features/${feature}`,
    data: {
      project,
      feature,
      gate,
      id,
      reason,
      by,
      until: until.toISOString(),
      review,
      notify: names,
    },
    tell: { names, contacts: setting.policy.contacts },
    dedupKey: `${type}/${id}`,
  })
  await record(tx, context, {
    chain: { project },
    action,
    subject: { kind: 'gate', id: `${feature}/${gate}` },
    after: { id, by, until, review },
    reason: review?.note ?? reason,
  })
}
