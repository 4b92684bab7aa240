/** Saving drafts: a change of a protected environment that is not made yet. */
import type { DraftChange, Draft as DraftView, NewDraft } from '@flagmarshal/api/draft'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { mayActOn, takesDrafts } from '@flagmarshal/domain/draft/can'
import { isSameContent } from '@flagmarshal/domain/draft/content'
import type { ContentAt, DraftContent } from '@flagmarshal/domain/draft/content'
import { draftPolicyOf } from '@flagmarshal/domain/draft/policy'
import { gateRefusal, isOutsideProcedure } from '@flagmarshal/domain/flag/enable'
import { commandWord } from '@flagmarshal/domain/flag/key'
import { isRefusal, refuse } from '@flagmarshal/domain/refusal'
import type { Refusal } from '@flagmarshal/domain/refusal'

import type { Context } from '../context.ts'
import { isProtected } from '../flag/gate.ts'
import type { FlagParts, FlagPorts } from '../flag/ports.ts'
import { newId, sha256 } from '../id.ts'
import { notFound, stale } from '../refusals.ts'
import { toJson } from '../storage/column.ts'
import type { Tx } from '../storage/database.ts'
import { insertDraft, lockDraft, updateDraft } from '../storage/drafts.ts'
import type { DraftSubject } from '../storage/drafts.ts'
import { selectProject } from '../storage/projects.ts'
import { aboutOf, loadDraft, loadSurroundings } from './load.ts'
import type { DraftSurroundings } from './load.ts'
import type { DraftKey } from './read.ts'
import { exposedFlags, liveContent, wantedContent } from './subject.ts'
import { tellDraft } from './tell.ts'
import { draftView } from './view.ts'

/** Saves a new draft on top of what is live. Refuses what has no need of one, and what only a procedure may change. */
export async function createDraft(
  context: Context,
  { database, flagPorts }: FlagParts,
  project: string,
  input: NewDraft,
): Promise<DraftView | Refusal> {
  const { environment, why, kind } = input
  const about = { project, environment, kind, subject: kind === 'flag' ? input.flag : input.segment }
  return await database.transaction(async (tx) => {
    if ((await selectProject(tx, project)) === undefined) return notFound('project', project)
    const surroundings = await loadSurroundings(tx, project)
    const written = await write(tx, flagPorts, { about, wanted: input, surroundings })
    if (isRefusal(written)) return written
    const by = context.actor.id
    const saved = { changed_at: context.now, changed_by: by, created_at: context.now, created_by: by }
    const row = await insertDraft(tx, {
      id: newId('draft'),
      ...about,
      ...columnsOf(about, written),
      why,
      contributors: [by],
      revision: 1,
      ...saved,
    })
    const loaded = await loadDraft(tx, row, surroundings)
    await tellDraft(tx, context, loaded, { action: 'draft.save', reason: why })
    return await draftView(tx, loaded)
  })
}

/** A draft as somebody wants it, and the revision that they have seen. */
export interface WantedDraft {
  readonly change: DraftChange
  readonly ifMatch: number
}

/** Saves a draft anew on top of what is live now. Whoever does has a hand in it from then on. */
export async function changeDraft(
  context: Context,
  { database, flagPorts }: FlagParts,
  key: DraftKey,
  { change, ifMatch }: WantedDraft,
): Promise<DraftView | Refusal> {
  return await database.transaction(async (tx) => {
    const before = await lockDraft(tx, key.project, key.draft)
    if (before === undefined) return notFound('draft', key.draft)
    const surroundings = await loadSurroundings(tx, key.project)
    const present = await loadDraft(tx, before, surroundings)
    if (before.revision !== ifMatch) return stale(`draft ${before.id}`, await draftView(tx, present))
    const about = aboutOf(before)
    const no = mayActOn(present.draft, present.facts, 'change')
    const written = no ?? (await write(tx, flagPorts, { about, wanted: change, surroundings }))
    if (isRefusal(written)) return written
    const by = context.actor.id
    const row = await updateDraft(tx, before.id, {
      ...columnsOf(about, written),
      why: change.why ?? before.why,
      contributors: [...new Set([...before.contributors, by])],
      changed_at: context.now,
      changed_by: by,
    })
    const loaded = await loadDraft(tx, row, surroundings)
    const { hash, proposed } = before
    await tellDraft(tx, context, loaded, {
      action: 'draft.save',
      before: { hash, proposed },
      reason: row.why,
    })
    return await draftView(tx, loaded)
  })
}

/**
 * Why a change cannot be a draft's, looked at when it is saved, asked for and published: the
 * environment is not protected or takes none, or a procedure runs for a flag that would expose somebody.
 */
export async function whyNoDraft(
  tx: Tx,
  ports: FlagPorts,
  about: DraftSubject,
  { content, surroundings }: { readonly content: DraftContent; readonly surroundings: DraftSurroundings },
): Promise<Refusal | undefined> {
  const { project, environment, kind, subject } = about
  if (!(await isProtected(tx, project, environment)))
    return refuse(
      'not-protected',
      `${environment} is not protected: a change needs no draft there.`,
      `Make it at once: flagmarshal ${kind} set ${subject} -e ${environment} -f <file>.`,
    )
  const policy = draftPolicyOf(surroundings.policy.drafts, environment)
  const no = takesDrafts(policy, environment)
  if (no !== undefined) return no
  const flags = kind === 'flag' ? [subject] : await exposedFlags(tx, about, content)
  for (const flag of flags) {
    const gate = await ports.gateOf(tx, project, flag, environment)
    if (isOutsideProcedure(gate)) continue
    // A segment is more flags' than one: what others approve may change it, and a plan behind it is voided.
    if (gate.kind === 'open' && kind === 'segment') continue
    return (
      gateRefusal(gate, { flag, environment, drafts: true, what: 'config' }) ??
      refuse(
        'in-procedure',
        `Somebody has broken the glass of ${flag}: a change in ${environment} needs no draft now.`,
        `Make it at once: flagmarshal flag set ${commandWord(flag)} -e ${environment} -f <file>.`,
      )
    )
  }
  return undefined
}

interface Written {
  readonly live: ContentAt
  readonly proposed: DraftContent
}

async function write(
  tx: Tx,
  ports: FlagPorts,
  it: {
    readonly about: DraftSubject
    readonly wanted: DraftChange
    readonly surroundings: DraftSurroundings
  },
): Promise<Written | Refusal> {
  const { about, wanted, surroundings } = it
  const proposed = await wantedContent(tx, about, wanted)
  if (isRefusal(proposed)) return proposed
  const live = await liveContent(tx, about, proposed)
  if (isRefusal(live)) return live
  const no = await whyNoDraft(tx, ports, about, { content: proposed, surroundings })
  if (no !== undefined) return no
  if (!isSameContent(proposed, live.content)) return { live, proposed }
  const at = wanted.kind === 'flag' ? '/config' : '/content'
  return refuse('invalid', 'The draft changes nothing.', 'Change something, or save no draft.', at)
}

function columnsOf(about: DraftSubject, { live, proposed }: Written) {
  return {
    base_revision: live.revision,
    base: toJson(live.content),
    proposed: toJson(proposed),
    hash: sha256(canonical({ ...about, base: live, proposed })),
  }
}
