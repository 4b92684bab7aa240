/**
 * What needs a person now, over all projects: harm, then what stands still until somebody acts, then
 * work. A handful of queries, however many features there are; runs are as they are stored, and whoever
 * looks at one, or the watch every minute, has it take notice of the world.
 */
import type { Attention, AttentionItem, RolloutUnderWay, RunUnderWay } from '@flagmarshal/api/attention'
import { exitOf } from '@flagmarshal/domain/procedure/exit-state'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import type { Position } from '@flagmarshal/domain/procedure/position'

import { sees } from '../context.ts'
import type { Context } from '../context.ts'
import { draftsWaitingFor } from '../draft/attention.ts'
import type { WaitingDraft } from '../draft/attention.ts'
import { inTurns } from '../in-turns.ts'
import { policiesOf } from '../project/policy.ts'
import { rolloutsUnderWay } from '../rollout/under-way.ts'
import { selectUnreviewedGlass } from '../storage/broken-glass.ts'
import type { Database } from '../storage/database.ts'
import { selectUnderWay } from '../storage/procedures.ts'
import { selectProjects } from '../storage/projects.ts'
import { glassOfRow, glassReviews } from './glass-view.ts'
import { judgedBy } from './load.ts'
import type { Loaded } from './load.ts'
import { nextView } from './next-view.ts'

/** A run, and where it stands. */
interface Placed extends Pick<Loaded, 'feature' | 'run' | 'setting' | 'brokenGlass'> {
  readonly position: Position
}

/** Rollouts that wait for somebody, the worst first. */
const STUCK = ['rollback_failed', 'rolling_back', 'held', 'paused']

/** For the actor. */
export async function showAttention(context: Context, { kysely }: Database): Promise<Attention> {
  const projects = await selectProjects(kysely)
  const policy = await policiesOf(kysely)
  const glass = await selectUnreviewedGlass(kysely)
  const rollouts = await rolloutsUnderWay(kysely)
  const mine = ({ project }: { readonly project: string }) => sees(context.actor, project)
  const all = (await selectUnderWay(kysely)).filter(({ feature }) => mine(feature))
  const runs = await inTurns(all, ({ feature, run }): Placed => {
    const own = glass.filter((it) => it.project === feature.project && it.feature === feature.key)
    const judged = judgedBy(feature, run, policy(feature.project))
    const position = positionOf(judged.setting, judged.run)
    return { ...judged, position, brokenGlass: own.map(glassOfRow) }
  })
  const seenRollouts = rollouts.filter(mine)
  const waiting = [
    ...seenRollouts.flatMap(ofRollout),
    ...(await inTurns(runs, (it) => ofRun(it, context.actor.id))).flat(),
    ...(await draftsWaitingFor(kysely, context.actor, policy)).filter(mine).map(ofDraft),
  ]
  return {
    at: context.now.toISOString(),
    projects: projects.filter((it) => mine({ project: it.key })).length,
    items: waiting
      .toSorted((a, b) => a.rank - b.rank || a.item.since.localeCompare(b.item.since))
      .map(({ item }) => item),
    rollouts: [...seenRollouts],
    runs: [...(await inTurns(runs, (it) => underWay(it, context.now)))],
  }
}

/** 0 is the most urgent. */
interface Ranked {
  readonly rank: number
  readonly item: AttentionItem
}

/** What is stuck is everybody's. */
function ofRollout(rollout: RolloutUnderWay): readonly Ranked[] {
  const rank = STUCK.indexOf(rollout.state)
  if (rank < 0) return []
  const { environment: _, status, ...it } = rollout
  const command = `flagmarshal rollout status ${rollout.feature}`
  const item: AttentionItem = {
    ...it,
    kind: 'rollout',
    title: status,
    more: 0,
    role: null,
    step: null,
    waitsFor: null,
    command,
  }
  return [{ rank, item }]
}

/** Of a run the first act that is this person's; one line a feature keeps it readable. */
function ofRun({ feature, run, setting, brokenGlass, position }: Placed, person: string): readonly Ranked[] {
  const address = { project: feature.project, feature: feature.key, run: run.id }
  const next = [
    ...position.next.map((it) => nextView(address, it)),
    ...glassReviews(setting, address, brokenGlass),
  ]
  const own = next.filter((it) => it.who.includes(person))
  const [first] = own
  if (first === undefined) return []
  const item: AttentionItem = {
    project: feature.project,
    feature: feature.key,
    name: feature.name,
    kind: 'run',
    id: run.id,
    state: run.state.kind,
    since: (run.actedAt ?? run.startedAt).toISOString(),
    title: first.title,
    more: own.length - 1,
    role: first.role,
    step: position.step ?? null,
    waitsFor: position.waitsFor,
    command: first.command,
  }
  const signature = position.waitsFor === 'approval' || position.waitsFor === 'review'
  return [{ rank: STUCK.length + (signature ? 0 : run.state.kind === 'halted' ? 1 : 2), item }]
}

/** What is to be done with a draft, and by which command, in each of its states. */
const DRAFT_ACTS: Readonly<Record<string, readonly [title: string, command: (id: string) => string]>> = {
  draft: ['Ask for the approval of the draft', (id) => `flagmarshal draft request ${id}`],
  waiting: ['Approve the draft, or ask for changes', showDraft],
  changes_requested: ['Make the changes of the draft that are asked for', showDraft],
  approved: ['Publish the approved draft', (id) => `flagmarshal draft publish ${id}`],
  behind: ['Save the draft again on top of what is live', showDraft],
}

function showDraft(id: string): string {
  return `flagmarshal draft show ${id}`
}

/** A verdict that others wait for is as urgent as a signature. */
function ofDraft({ project, draft }: WaitingDraft): Ranked {
  const { id, subject, environment, why, changedAt } = draft
  const state = draft.behind ? 'behind' : draft.state
  const [title = state, command = showDraft] = DRAFT_ACTS[state] ?? []
  const item: AttentionItem = {
    project,
    feature: subject.key,
    name: subject.key,
    kind: 'draft',
    id,
    state,
    since: changedAt,
    title: `${title} (${environment}): ${why}`,
    more: 0,
    role: null,
    step: null,
    waitsFor: null,
    command: command(id),
  }
  return { rank: STUCK.length + (state === 'waiting' ? 0 : 2), item }
}

function underWay({ feature, run, setting, position }: Placed, now: Date): RunUnderWay {
  return {
    project: feature.project,
    feature: feature.key,
    name: feature.name,
    run: run.id,
    state: exitOf(setting, run, now)?.state ?? run.state.kind,
    step: position.step ?? null,
    steps: setting.definition.steps.length,
    status: position.status,
  }
}
