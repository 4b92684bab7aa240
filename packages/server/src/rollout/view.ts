/** A rollout as callers see it: everything that can be derived is derived here, from what is stored. */
import type { Rollout as RolloutView, RolloutAct, RolloutSummary } from '@flagmarshal/api/rollout'
import { assess } from '@flagmarshal/domain/analysis/assess'
import { isRefusal } from '@flagmarshal/domain/refusal'
import { allVerdicts, verdictsOf } from '@flagmarshal/domain/rollout/advance'
import type { AnyVerdict } from '@flagmarshal/domain/rollout/advance'
import { blindMs } from '@flagmarshal/domain/rollout/causes'
import type { Position, Rollout } from '@flagmarshal/domain/rollout/model'
import { measuredOf, neededWindows, positionOf, stageOf } from '@flagmarshal/domain/rollout/position'
import type { ReportSeen } from '@flagmarshal/domain/rollout/reports'
import { decisionSentence } from '@flagmarshal/domain/rollout/sentence'
import { transition } from '@flagmarshal/domain/rollout/transition'
import type { Arm } from '@flagmarshal/evaluation'

import type { Rollback } from '../rollback/facts.ts'
import { foundView, verificationView } from '../rollback/view.ts'
import type { MeasuredWindow } from '../storage/measurements.ts'
import type { StoredRollout } from '../storage/rollouts.ts'
import { sentenceOf } from './decision-sentence.ts'
import { exposureView } from './exposure-view.ts'
import { peopleView } from './people-view.ts'
import type { Recorded } from './record.ts'
import { statusText } from './status.ts'
import { sampleRatioView, verdictView, VERDICT_WORDS } from './verdict-view.ts'
import { whereOf } from './where.ts'

/** What a view needs besides the rollout's row. */
export interface Seen {
  /** The database's time. */
  readonly now: Date
  /** Whether the flag is enabled: a kill exposes nobody, whatever the rollout had reached. */
  readonly flagOn: boolean
  /** The latest folded windows. */
  readonly windows: readonly MeasuredWindow[]
  /** Distinct bucketing keys in each arm. */
  readonly keys: readonly { readonly arm: Arm; readonly keys: number }[]
  /** What people report that matters to it. */
  readonly reports: readonly ReportSeen[]
  /** The latest decision. */
  readonly last: Recorded | undefined
}

export interface SeenWhole extends Seen {
  readonly instances: { readonly connected: number; readonly silent: number }
  readonly rollback?: Rollback
}

/** What a list shows. */
export function summaryView(stored: StoredRollout, seen: Seen): RolloutSummary {
  const { plan, rollout } = stored
  return {
    id: stored.id,
    feature: stored.feature,
    flag: stored.flag,
    environment: stored.environment,
    run: stored.run,
    attempt: rollout.attempt,
    state: rollout.state.kind,
    status: statusText(stored, seen),
    position: whereOf(plan, rollout) ?? null,
    exposure: exposureView(stored, seen),
    createdAt: stored.createdAt.toISOString(),
    startAt: rollout.startAt.toISOString(),
    endedAt: stored.endedAt?.toISOString() ?? null,
  }
}

/** Everything that is known of a rollout. */
export function rolloutView(stored: StoredRollout, seen: SeenWhole): RolloutView {
  const { plan, rollout, project, id } = stored
  const { state } = rollout
  const { now, rollback, last } = seen
  const position = positionOf(rollout)
  const verdicts = verdictsNow(stored, seen)
  const since = stored.since.toISOString()
  return {
    ...summaryView(stored, seen),
    revision: rollout.version,
    bundleHash: stored.bundleHash,
    createdBy: stored.createdBy,
    exposedAt: rollout.exposedAt?.toISOString() ?? null,
    hold:
      state.kind === 'held' ? { reason: state.reason, since, sentence: lastSentence(stored, last) } : null,
    paused:
      state.kind === 'paused'
        ? { by: state.by, reason: state.reason, since, until: state.until ?? null }
        : null,
    ...peopleView(stored, seen.reports, now),
    cause: causeView(stored, last),
    bake: position === undefined ? null : bakeView(stored, position),
    verdict: verdicts.length === 0 ? null : VERDICT_WORDS[assess(verdicts)],
    verdicts: verdicts.map((verdict) =>
      verdictView(plan, rollout, verdict, blindOf(stored, verdict.criterion, now)),
    ),
    sampleRatio: sampleRatioView(rollout.split),
    watermark: rollout.watermark?.toISOString() ?? null,
    nextAt: stored.nextAt?.toISOString() ?? null,
    lastTickAt: stored.tickedAt?.toISOString() ?? null,
    instances: seen.instances,
    verification: rollback === undefined ? null : verificationOf(rollback, last),
    actions: actionsOf(stored, now),
    // As it was parsed when it was written: the schema's own output.
    plan: plan as RolloutView['plan'],
    links: linksOf(stored, `/api/v1/projects/${project}/rollouts/${id}`),
  }
}

/** As it was found when it ended, or as it stands. */
function verificationOf(rollback: Rollback, last: Recorded | undefined): RolloutView['verification'] {
  return last?.kind === 'verified' ? foundView(last.found, rollback.facts) : verificationView(rollback)
}

/** Of an attempt that was rolled back only what spoke against it; of one that is not under way nothing. */
function verdictsNow({ plan, rollout }: StoredRollout, { reports, now }: Seen): AnyVerdict[] {
  const { kind } = rollout.state
  if (kind === 'observing' || kind === 'running' || kind === 'held' || kind === 'paused') {
    return allVerdicts(plan, rollout, { reports }, now)
  }
  return verdictsOf(plan, rollout, now).filter((verdict) => verdict.kind === 'no-go')
}

function blindOf({ plan, rollout }: StoredRollout, criterion: string, now: Date): number {
  const measured = measuredOf(plan).find(({ id }) => id === criterion)
  return measured === undefined || positionOf(rollout) === undefined
    ? 0
    : blindMs(plan, rollout, measured, now)
}

function causeView({ plan, rollout }: StoredRollout, last: Recorded | undefined): RolloutView['cause'] {
  const { state } = rollout
  if ('cause' in state) {
    const sentence = decisionSentence(plan, { kind: 'roll-back', cause: state.cause })
    return { kind: state.cause.kind, sentence }
  }
  if (state.kind !== 'aborted') return null
  return {
    kind: last?.kind === 'killed' ? 'killed' : 'aborted',
    sentence: last === undefined ? state.reason : sentenceOf(plan, last),
  }
}

function bakeView({ plan, rollout }: StoredRollout, position: Position): RolloutView['bake'] {
  const { windows, healthy } = position.progress
  return {
    windows,
    healthy,
    needed: position.kind === 'observing' ? plan.observeWindows : neededWindows(plan, rollout, position),
    windowMs: plan.windowMs,
    endsBy: position.kind === 'observing' ? null : endsBy(plan, rollout, position),
  }
}

/** Time passes in windows that are folded while the stage runs, so this moves while it does not. */
function endsBy(
  plan: StoredRollout['plan'],
  { watermark }: Rollout,
  position: Extract<Position, { kind: 'running' }>,
): string | null {
  if (watermark === undefined) return null
  const left = stageOf(plan, position.stage).maxMs - position.stageWindows * plan.windowMs
  return new Date(watermark.getTime() + Math.max(0, left)).toISOString()
}

const ACTS = [
  { act: 'pause', event: 'pause' },
  { act: 'resume', event: 'resume' },
  { act: 'advance', event: 'advance' },
  { act: 'rollback', event: 'roll-back' },
  { act: 'abort', event: 'abort' },
] as const satisfies readonly { readonly act: RolloutAct; readonly event: string }[]

/** What people may do now, as far as the rollout itself tells. */
function actionsOf({ plan, rollout }: StoredRollout, now: Date): RolloutView['actions'] {
  return ACTS.map(({ act, event }) => {
    const tried = transition(plan, rollout, { kind: event, by: '', reason: '' }, now)
    return isRefusal(tried)
      ? { act, allowed: false, because: `${tried.message}: ${tried.remedy}` }
      : { act, allowed: true, because: '' }
  })
}

function lastSentence({ plan }: StoredRollout, last: Recorded | undefined): string {
  return last === undefined ? '' : sentenceOf(plan, last)
}

function linksOf({ project, flag, run, verification }: StoredRollout, self: string): RolloutView['links'] {
  return {
    self,
    decisions: `${self}/decisions`,
    report: verification === undefined ? null : `${self}/report`,
    flag: `/api/v1/projects/${project}/flags/${encodeURIComponent(flag)}`,
    run: `/api/v1/projects/${project}/runs/${run}`,
  }
}
