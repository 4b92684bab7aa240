/** A run as the API shows it. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import { canonical } from '@flagmarshal/domain/audit/canonical'
import { actionsOf } from '@flagmarshal/domain/procedure/action'
import { relaxationsOf, subjectsOf } from '@flagmarshal/domain/procedure/approval'
import { glassNote, unreviewed } from '@flagmarshal/domain/procedure/broken-glass'
import { linesOf } from '@flagmarshal/domain/procedure/contract'
import type { LineStanding } from '@flagmarshal/domain/procedure/contract'
import { exitOf } from '@flagmarshal/domain/procedure/exit-state'
import type { Exit } from '@flagmarshal/domain/procedure/exit-state'
import { usersOf } from '@flagmarshal/domain/procedure/inputs'
import { reachedSince } from '@flagmarshal/domain/procedure/milestone'
import type { InputDefinition, Milestone } from '@flagmarshal/domain/procedure/model'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import { remediationOf } from '@flagmarshal/domain/procedure/remediation'
import type { Run, Setting, Thread } from '@flagmarshal/domain/procedure/run'
import type { Sighting } from '@flagmarshal/domain/reference/model'
import { toldOf } from '@flagmarshal/domain/signal/told'

import { sha256 } from '../id.ts'
import { glassBlockers, glassReviews, glassView } from './glass-view.ts'
import { linksOf } from './links.ts'
import type { Loaded } from './load.ts'
import { blockerView, nextView } from './next-view.ts'
import { inputState, actionView, stepSummary } from './step-view.ts'

type InputView = RunView['inputs'][number]

/**
 * The whole run: where it stands, what blocks it, what may be done next. `now` is for what time alone
 * changes; right after an act nothing has.
 */
export function runView({ feature, run, setting, brokenGlass, tellings }: Loaded, now?: Date): RunView {
  const exit = exitOf(setting, run, now ?? run.actedAt ?? run.startedAt)
  const position = positionOf(setting, run)
  const address = { project: feature.project, feature: feature.key, run: run.id }
  return {
    id: run.id,
    project: feature.project,
    feature: feature.key,
    flag: feature.flag,
    procedure: { id: run.procedure.id, version: run.procedure.version },
    state: run.state.kind,
    step: position.step ?? null,
    waitsFor: position.waitsFor,
    status: [position.status, ...unreviewed(brokenGlass).map(glassNote)].join(' '),
    revision: run.revision,
    startedAt: run.startedAt.toISOString(),
    startedBy: run.startedBy,
    correlationId: run.correlationId ?? null,
    triggers: run.triggers.map((it) => ({ ...it, at: it.at.toISOString() })),
    milestones: setting.definition.milestones.map((it) => milestoneView(it, run)),
    exit: exit === undefined ? null : exitView(exit, tellings),
    validation: linesOf(setting, run, setting.definition.validation).map(lineView),
    done: linesOf(setting, run, setting.definition.done).map(lineView),
    links: linksOf(feature, run),
    inputs: setting.definition.inputs.map((it) => inputView(setting, run, it, position.step ?? 1)),
    workPlan: workPlanView(run),
    steps: setting.definition.steps.map((it) => stepSummary(setting, run, it)),
    reviews: reviewViews(setting, run),
    threads: run.threads.map(threadView),
    brokenGlass: brokenGlass.map(glassView),
    ...approvalViews(setting, run),
    actions: actionsOf(run).map(({ step, attempt, item }) => ({ ...actionView(item), step, attempt })),
    relaxations: [...relaxationsOf(run)],
    blockers: [...position.blockers.map(blockerView), ...glassBlockers(setting, run, brokenGlass)],
    nextActions: [
      ...position.next.map((it) => nextView(address, it)),
      ...glassReviews(setting, address, brokenGlass),
    ],
  }
}

function exitView(exit: Exit, tellings: Loaded['tellings']): NonNullable<RunView['exit']> {
  return {
    ...exit,
    since: exit.since.toISOString(),
    notify: [...exit.notify],
    told: toldOf(exit.notify, tellings).map(({ why, ...it }) => ({
      ...it,
      channels: [...it.channels],
      why: why ?? null,
      evidence: [...it.evidence],
    })),
  }
}

function milestoneView(milestone: Milestone, run: Run): RunView['milestones'][number] {
  const reached = reachedSince(milestone, run)
  return {
    id: milestone.id,
    title: milestone.title,
    reached: reached !== undefined,
    since: reached?.since.toISOString() ?? null,
    evidence: [...(reached?.evidence ?? [])],
  }
}

function lineView({ line, verdict, why, evidence }: LineStanding): RunView['done'][number] {
  return { id: line.id, title: line.title, verdict, why: [...why], evidence: [...evidence] }
}

// oxlint-disable-next-line max-params -- private; the step decides what is due
function inputView(setting: Setting, run: Run, input: InputDefinition, step: number): InputView {
  const given = run.inputs[input.id]
  const { id, path } = input.remediation
  const { owners, dueAt } = remediationOf(setting, run, input)
  const open = given?.verdict.ok !== true && input.dueBefore <= step
  const override = given?.override
  return {
    id: input.id,
    title: input.title,
    state: inputState(given, input.dueBefore > step),
    checked: given?.verdict.checked ?? null,
    findings: [...(given?.verdict.findings ?? [])],
    value: given === undefined || given.by === 'system' ? null : given.value,
    by: given?.by ?? null,
    at: given?.at.toISOString() ?? null,
    attestation: given?.attestation ?? null,
    sightings: (given?.sightings ?? []).map(sightingView),
    override: override === undefined ? null : { ...override, at: override.at.toISOString() },
    remediation: { id, path, owners: [...owners], dueAt: open ? dueAt.toISOString() : null },
    usedBy: [...usersOf(setting.definition, input.id)],
  }
}

function sightingView({ at, tests, ...rest }: Sighting): InputView['sightings'][number] {
  const results =
    tests === undefined || 'unreadable' in tests ? tests : { ...tests, failing: [...tests.failing] }
  return { ...rest, at: at.toISOString(), ...(results === undefined ? {} : { tests: results }) }
}

function workPlanView({ workPlan }: Run): RunView['workPlan'] {
  const { content, revision, authors, review } = workPlan
  return {
    // Parsed with its schema before it was stored.
    content: content as RunView['workPlan']['content'],
    revision,
    hash: sha256(canonical(content)),
    authors: [...authors],
    review: review === undefined ? null : { ...review, at: review.at.toISOString() },
  }
}

function threadView({ comments, resolved, ...it }: Thread): RunView['threads'][number] {
  return {
    ...it,
    comments: comments.map((one) => ({ ...one, at: one.at.toISOString() })),
    resolved: resolved === undefined ? null : { ...resolved, at: resolved.at.toISOString() },
  }
}

function reviewViews(setting: Setting, run: Run): RunView['reviews'] {
  return subjectsOf(setting.definition, run).map(({ group, subject, title, state, review }) => ({
    group,
    subject,
    title,
    state,
    by: review?.by ?? null,
    comment: review?.comment ?? null,
  }))
}

function approvalViews(
  setting: Setting,
  run: Run,
): Pick<RunView, 'approvalRequest' | 'approvals' | 'schedule' | 'abort'> {
  const signs = new Map(setting.definition.approvals.map((it) => [it.role, it.signs]))
  const { request, schedule, abort } = run
  return {
    approvalRequest: request === undefined ? null : { ...request, at: request.at.toISOString() },
    approvals: run.approvals.map(({ role, by, at, bundleHash, comment, voided, relaxed, proof }) => ({
      role,
      signs: signs.get(role) ?? '',
      by,
      at: at.toISOString(),
      bundleHash,
      comment: comment ?? null,
      relaxed: relaxed ?? null,
      proof: proof ?? null,
      voided: voided === undefined ? null : { ...voided, at: voided.at.toISOString() },
    })),
    schedule:
      schedule === undefined
        ? null
        : { start: schedule.start?.toISOString() ?? null, by: schedule.by, at: schedule.at.toISOString() },
    abort:
      abort === undefined ? null : { ...abort, unexposed: [...abort.unexposed], at: abort.at.toISOString() },
  }
}
