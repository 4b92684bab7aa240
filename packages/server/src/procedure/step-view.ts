/** One step of a run as the API shows it. */
import type { Run as RunView } from '@flagmarshal/api/procedure-run'
import type { Action, Check, Step as StepView } from '@flagmarshal/api/procedure-step'
import { holders } from '@flagmarshal/domain/procedure/can'
import { isEmpty, standingOf } from '@flagmarshal/domain/procedure/checks'
import type { CheckStanding } from '@flagmarshal/domain/procedure/checks'
import type { StepDefinition } from '@flagmarshal/domain/procedure/model'
import { positionOf } from '@flagmarshal/domain/procedure/next'
import type {
  ActionItem,
  Attempt,
  ProvidedInput,
  Run,
  Setting,
  StepRecord,
} from '@flagmarshal/domain/procedure/run'
import { presentAttempt, recordOf, stepOf, stepState } from '@flagmarshal/domain/procedure/standing'

import type { Loaded } from './load.ts'
import { blockerView, nextView } from './next-view.ts'

type InputState = RunView['inputs'][number]['state']

type Summary = Pick<
  StepView,
  'number' | 'id' | 'title' | 'state' | 'attempt' | 'revision' | 'decidedBy' | 'overrides' | 'attested'
>

/** A step in one line: what everybody must see of it wherever it is shown, overrides included. */
export function stepSummary({ definition }: Setting, run: Run, step: StepDefinition): Summary {
  const record = recordOf(run, step.number)
  const attempt = presentAttempt(record)
  return {
    number: step.number,
    id: step.id,
    title: step.title,
    state: stepState(definition, run, step.number),
    attempt: attempt.number,
    revision: record.revision,
    decidedBy: attempt.decisions.map((it) => it.by),
    overrides: attempt.decisions.flatMap((it) => it.overrides.map((one) => ({ ...one, by: it.by }))),
    attested: new Set(record.attested.map((it) => it.check)).size,
  }
}

/** A step whole. Its blockers and next actions are those of the run while the run stands at it. */
export function stepView({ feature, run, setting }: Loaded, number: number): StepView {
  const { definition } = setting
  const step = stepOf(definition, number)
  const record = recordOf(run, number)
  const position = positionOf(setting, run)
  const here = position.step === number
  const address = { project: feature.project, feature: feature.key, run: run.id }
  const roles =
    step.decision.by === 'person' ? step.decision.roles : definition.approvals.map((it) => it.role)
  return {
    ...stepSummary(setting, run, step),
    purpose: step.purpose,
    inputs: step.inputs.map((id) => inputOfStep(setting, run, id)),
    actions: [...step.actions],
    outputs: step.outputs.map((it) => ({ ...it, filled: !isEmpty(record.output[it.field]) })),
    output: record.output,
    checks: checkViews(step, record),
    question: step.decision.question,
    deciders: roles.map((role) => ({ role, people: [...holders(setting, [role])] })),
    decideAll: step.decision.by === 'approvals' || step.decision.all,
    failure: { ...step.failure, actions: step.failure.actions.map((it) => it.title) },
    attempts: record.attempts.map(attemptView),
    blockers: here ? position.blockers.map(blockerView) : [],
    nextActions: here ? position.next.map((it) => nextView(address, it)) : [],
  }
}

/** The checks of a step as they stand. */
export function checkViews(step: StepDefinition, record: StepRecord): Check[] {
  return standingOf(step, record).map(checkView)
}

function checkView({ check, state, result, attested, setAside, blocksGo }: CheckStanding): Check {
  return {
    id: check.id,
    title: check.title,
    required: check.required,
    availability: check.availability,
    mayBeNotApplicable: check.mayBeNotApplicable,
    state,
    findings: [...(result?.findings ?? [])],
    facts: result?.facts ?? {},
    evidence: result?.evidence ?? null,
    at: result?.at.toISOString() ?? null,
    attested: attested === undefined ? null : { ...attested, at: attested.at.toISOString() },
    notApplicable:
      setAside === undefined
        ? null
        : { by: setAside.by, at: setAside.at.toISOString(), reason: setAside.reason },
    blocksGo,
  }
}

function attemptView(attempt: Attempt): StepView['attempts'][number] {
  const { number, openedAt, because, why, outcome, decisions, failureActions, output } = attempt
  return {
    number,
    openedAt: openedAt.toISOString(),
    because: `${because}: ${why}`,
    outcome: outcome ?? null,
    decisions: decisions.map(({ at, unchangedBecause, overrides, evidence, relaxed, proof, ...it }) => ({
      ...it,
      at: at.toISOString(),
      overrides: [...overrides],
      unchangedBecause: unchangedBecause ?? null,
      evidence: [...evidence],
      relaxed: relaxed ?? null,
      proof: proof ?? null,
    })),
    failureActions: failureActions.map(actionView),
    output: output ?? null,
  }
}

/** What a No-Go asks for. */
export function actionView({ due, asked, inputs, closed, owners, ...it }: ActionItem): Action {
  return {
    ...it,
    owners: [...owners],
    due: due.toISOString(),
    asked: [...(asked ?? [])],
    inputs: [...(inputs ?? [])],
    closed:
      closed === undefined
        ? null
        : {
            by: closed.by,
            at: closed.at.toISOString(),
            note: closed.note,
            evidence: closed.evidence ?? null,
          },
  }
}

/** How an input stands; `later`: it is not due yet. */
export function inputState(given: ProvidedInput | undefined, later: boolean): InputState {
  if (given === undefined) return later ? 'coming_due' : 'missing'
  if (given.verdict.ok) return 'provided'
  return given.verdict.unknown === true ? 'unknown' : 'failing'
}

function inputOfStep({ definition }: Setting, run: Run, id: string): StepView['inputs'][number] {
  const input = definition.inputs.find((it) => it.id === id)
  if (input !== undefined) {
    const given = run.inputs[id]
    return {
      id,
      title: input.title,
      state: inputState(given, false),
      from: given === undefined ? null : originOf(given),
    }
  }
  const step = stepOf(definition, Number(id.slice(1)))
  const decided = recordOf(run, step.number).attempts.findLast((it) => it.outcome === 'go')
  const by = decided?.decisions.map((it) => it.by).join(' and ')
  const from = by === undefined ? null : `step ${step.number}, attempt ${decided?.number}, Go by ${by}`
  return { id, title: step.title, state: stepState(definition, run, step.number), from }
}

/** Who gave an input, when, and where it is kept. */
function originOf({ by, at, verdict, sightings = [] }: ProvidedInput): string {
  const places = sightings.map((it) => it.of)
  return [`${by}, ${at.toISOString()}, ${verdict.checked}`, ...places].join('; ')
}
