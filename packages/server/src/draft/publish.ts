/**
 * Making an approved draft live. Everything is looked at again at that moment, with what it is about
 * locked: the approvals by the policy of now, what is live against what the draft began from, the
 * values and segments behind it, the gate.
 */
import type { Draft as DraftView } from '@flagmarshal/api/draft'
import { mayPublish } from '@flagmarshal/domain/draft/can'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'
import { SIGNAL_TYPES } from '@flagmarshal/domain/signal/signal'

import type { Context } from '../context.ts'
import { configureIn } from '../flag/configure.ts'
import type { FlagParts, FlagPorts } from '../flag/ports.ts'
import { changeSegmentIn } from '../flag/segments.ts'
import { notFound, stale } from '../refusals.ts'
import type { Tx } from '../storage/database.ts'
import { lockDraft, updateDraft } from '../storage/drafts.ts'
import type { DraftRow } from '../storage/drafts.ts'
import { lockFlagConfig, lockRevision, shareFlag } from '../storage/flags.ts'
import { lockSegmentConfig } from '../storage/segments.ts'
import { draftActor } from './decide.ts'
import { aboutOf, loadDraft, loadSurroundings } from './load.ts'
import { whyNotNow } from './opening.ts'
import type { DraftKey } from './read.ts'
import { whyNoDraft } from './save.ts'
import { flagKey, isFlagContent } from './subject.ts'
import { tellDraft } from './tell.ts'
import { contentView, draftView } from './view.ts'

/** Publishes it. Refuses by 412, with what is live, where that has changed since the draft was saved. */
export async function publishDraft(
  context: Context,
  { database, flagPorts }: FlagParts,
  key: DraftKey,
): Promise<DraftView | Refusal> {
  return await database.transaction(async (tx) => {
    const row = await lockDraft(tx, key.project, key.draft)
    if (row === undefined) return notFound('draft', key.draft)
    await lockSubject(tx, row)
    const surroundings = await loadSurroundings(tx, key.project)
    const present = await loadDraft(tx, row, surroundings)
    const no = mayPublish(present.draft, present.facts, draftActor(context.actor))
    if (no !== undefined) return no
    if (present.facts.behind) return whyBehind(row, present.live)
    const published =
      (await whyNoDraft(tx, flagPorts, aboutOf(row), { content: row.proposed, surroundings })) ??
      (await whyNotNow(tx, context, row, surroundings.policy)) ??
      (await makeLive(tx, context, flagPorts, row))
    if (isRefusal(published)) return published
    const after = await updateDraft(tx, row.id, {
      closed_as: 'published',
      closed_by: context.actor.id,
      closed_at: context.now,
      published_revision: published.revision,
    })
    const loaded = await loadDraft(tx, after, surroundings)
    await tellDraft(tx, context, loaded, {
      action: 'draft.publish',
      signal: SIGNAL_TYPES.draftPublished,
      words: `is live as revision ${published.revision}`,
    })
    return await draftView(tx, loaded)
  })
}

/** In the order in which everybody locks: the definition, the configuration, the environment. */
async function lockSubject(tx: Tx, row: DraftRow): Promise<void> {
  const { project, environment, kind, subject } = row
  if (kind === 'flag') {
    await shareFlag(tx, project, subject)
    await lockFlagConfig(tx, flagKey(aboutOf(row)))
  } else await lockSegmentConfig(tx, { project, environment, segment: subject })
  await lockRevision(tx, project, environment)
}

function whyBehind(
  row: DraftRow,
  live: Parameters<typeof stale>[1] & { content: DraftRow['base'] },
): Refusal {
  const { subject, environment, base_revision: base } = row
  const current = { revision: live.revision, content: contentView(live.content) }
  if (live.revision !== base) return stale(`${subject} in ${environment}`, current)
  const behind = refuse(
    'stale-version',
    `A value or a segment behind the draft of ${subject} has changed since it was saved.`,
    'Look at what changed, and save the draft again: its approvals begin anew.',
  )
  return { ...behind, current } as Refusal
}

async function makeLive(
  tx: Tx,
  context: Context,
  ports: FlagPorts,
  row: DraftRow,
): Promise<{ readonly revision: number } | Refusal> {
  const { project, environment, subject, proposed, base_revision: ifMatch, id, why } = row
  const draft = { id, why }
  const view = contentView(proposed)
  if ('rules' in view) {
    const { enabled, offVariant, prerequisites = [], rules, fallthrough } = view
    const change = { enabled, offVariant, prerequisites, rules, fallthrough }
    const wanted = { change, ifMatch, draft }
    return await configureIn(tx, context, ports, { key: flagKey(aboutOf(row)), wanted })
  }
  if (isFlagContent(proposed)) throw new Error(`${id} proposes no segment`)
  const { when, include, exclude } = view
  const content = { include, exclude, ...(when === undefined ? {} : { when }) }
  const key = { project, environment, segment: subject }
  return await changeSegmentIn(tx, context, ports, { key, wanted: { content, ifMatch, draft } })
}
