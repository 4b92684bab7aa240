/**
 * The lines of a procedure's contract: what is validated (P-V1, P-V2) and what makes it done (P-DoD).
 * Each is computed from checks, decisions, reviews and approvals; nobody ticks one.
 */
import { standing, subjectsOf } from './approval.ts'
import { standingOf } from './checks.ts'
import type { CheckStanding } from './checks.ts'
import type { ContractLine, Need } from './model.ts'
import type { Run, Setting } from './run.ts'
import { presentAttempt, recordOf, stepOf, stepState } from './standing.ts'

/**
 * `attested`: a person vouches for what this version cannot check. `overridden`: a decider accepted
 * a failed check. Neither is `met`. In the order of how much is lacking, the worst first.
 */
export const LINE_VERDICTS = [
  'not_met',
  'unknown',
  'overridden',
  'attested',
  'not_applicable',
  'met',
] as const
export type LineVerdict = (typeof LINE_VERDICTS)[number]

/** One line as it stands, the worst of what it needs. */
export interface LineStanding {
  readonly line: ContractLine
  readonly verdict: LineVerdict
  /** What it rests on or lacks, one sentence each. */
  readonly why: readonly string[]
  /** Hashes of evidence, or of the bundle that was approved. */
  readonly evidence: readonly string[]
}

interface Answer {
  readonly verdict: LineVerdict
  readonly why: string
  readonly evidence: readonly string[]
}

/** How each line stands. */
export function linesOf(setting: Setting, run: Run, lines: readonly ContractLine[]): readonly LineStanding[] {
  return lines.map((line) => {
    const answers = line.needs.flatMap((it) => answerTo(setting, run, it))
    return {
      line,
      verdict: LINE_VERDICTS.find((it) => answers.some((one) => one.verdict === it)) ?? 'unknown',
      why: answers.map((it) => it.why),
      evidence: [...new Set(answers.flatMap((it) => it.evidence))],
    }
  })
}

function answerTo(setting: Setting, run: Run, need: Need): readonly Answer[] {
  switch (need.kind) {
    case 'check':
      return [checkAnswer(setting, run, need.check)]
    case 'step':
      return [stepAnswer(setting, run, need.step)]
    case 'reviews':
      return reviewAnswers(setting, run, need.group)
    case 'approvals':
      return setting.definition.approvals.map(({ role, signs }): Answer => {
        const given = standing(run).find((it) => it.role === role)
        return given === undefined
          ? { verdict: 'not_met', why: `the ${role} has not approved ${signs}`, evidence: [] }
          : { verdict: 'met', why: `${given.by} approved ${signs} as ${role}`, evidence: [given.bundleHash] }
      })
    case 'completed': {
      const done = run.state.kind === 'completed'
      return [{ verdict: done ? 'met' : 'not_met', why: `the run is ${run.state.kind}`, evidence: [] }]
    }
  }
}

function checkAnswer({ definition }: Setting, run: Run, check: string): Answer {
  const step = definition.steps.find((it) => it.checks.some((one) => one.id === check))
  if (step === undefined) throw new RangeError(`procedure ${definition.id} has no check ${check}`)
  const record = recordOf(run, step.number)
  const found = standingOf(step, record).find((it) => it.check.id === check)
  if (found === undefined) throw new RangeError(`step ${step.number} has no check ${check}`)
  const override = presentAttempt(record)
    .decisions.flatMap((it) => it.overrides)
    .find((it) => it.check === check)
  const { verdict, said } = checkVerdict(found, override?.reason)
  const evidence = [found.result?.evidence, found.attested?.evidence].filter((it) => it !== undefined)
  return { verdict, why: `${check} (${found.check.title}) ${said}`, evidence }
}

function checkVerdict(
  { state, result, attested, setAside }: CheckStanding,
  override: string | undefined,
): { readonly verdict: LineVerdict; readonly said: string } {
  switch (state) {
    case 'pass':
      return { verdict: 'met', said: 'passes' }
    case 'not_applicable':
      return { verdict: 'not_applicable', said: `does not apply: ${setAside?.reason}` }
    case 'not_in_this_version':
      return attested === undefined
        ? { verdict: 'unknown', said: 'is not checked in this version, and nobody has attested it' }
        : { verdict: 'attested', said: `is attested by ${attested.by}: ${attested.reference}` }
    case 'fail':
    case 'unknown':
      if (override !== undefined) return { verdict: 'overridden', said: `is ${state}, accepted: ${override}` }
      return {
        verdict: state === 'fail' ? 'not_met' : 'unknown',
        said: result === undefined ? 'has not run' : `is ${state}: ${result.findings.join('; ')}`,
      }
  }
}

function stepAnswer({ definition }: Setting, run: Run, number: number): Answer {
  const { title } = stepOf(definition, number)
  const { decisions } = presentAttempt(recordOf(run, number))
  const state = stepState(definition, run, number)
  if (state !== 'go')
    return { verdict: 'not_met', why: `step ${number} (${title}) is ${state}`, evidence: [] }
  const by = decisions.map((it) => it.by).join(' and ')
  return {
    verdict: 'met',
    why: `step ${number} (${title}) is Go by ${by}`,
    evidence: decisions.flatMap((it) => it.evidence),
  }
}

function reviewAnswers({ definition }: Setting, run: Run, group: string | undefined): readonly Answer[] {
  return subjectsOf(definition, run)
    .filter((it) => group === undefined || it.group === group)
    .map(({ state, title, review, ...it }): Answer => {
      if (state === 'reviewed')
        return { verdict: 'met', why: `${review?.by} reviewed ${title} (${it.group})`, evidence: [] }
      const lacks = state === 'open' ? 'is not reviewed' : `needs changes, says ${review?.by}`
      return { verdict: 'not_met', why: `${title} (${it.group}) ${lacks}`, evidence: [] }
    })
}
