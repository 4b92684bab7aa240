/**
 * `flagmarshal feature step|check|evidence|decide|ack`: one step of the procedure.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { pairs, readObject, seenRevision } from './given.ts'
import type { Open } from './program.ts'
import { describeNext, runOf } from './run.ts'
import type { Answer } from './session.ts'
import { table } from './table.ts'
import { withUploads } from './upload.ts'

type Step = Answer<'showStep'>
type Evidence = Call<Operations['giveEvidence']>['body']

interface StepOptions {
  file?: string
  ifRevision?: string
}

interface EvidenceOptions {
  statement?: string
  reference?: string
  notApplicable?: string
}

interface DecideOptions {
  rationale: string
  override?: string[]
  unchangedBecause?: string
}

export function stepCommands(feature: Command, open: Open, end: (code: ExitCode) => void): void {
  writing(feature, open)
  proving(feature, open, end)
  deciding(feature, open)
}

function writing(feature: Command, open: Open): void {
  feature
    .command('step <feature> <number>')
    .description('a step: purpose, actions, output, checks; with --file, write its output')
    .option('-f, --file <path>', "file with the step's output; - reads stdin")
    .option('--if-revision <number>', 'refuse it where the step is no longer at this revision')
    .action(async (name: string, number: string, given: StepOptions, command: Command) => {
      const session = open(command)
      const params = { ...(await runOf(session, name)), step: number }
      const step =
        given.file === undefined
          ? await session.call('showStep', { params })
          : await session.call('writeStep', {
              params,
              body: { output: await withUploads(session, readObject(given.file), given.file) },
              ...seenRevision(given.ifRevision),
            })
      session.result(step, () => describeStep(step))
    })
}

function proving(feature: Command, open: Open, end: (code: ExitCode) => void): void {
  feature
    .command('check <feature> <number>')
    .description('run the checks of a step now and keep the results as evidence; exits 7 when one fails')
    .action(async (name: string, number: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('runChecks', {
        params: { ...(await runOf(session, name)), step: number },
      })
      session.result(items, () => describeChecks(items))
      if (items.some((it) => it.state === 'fail')) end(EXIT.invalid)
    })
  feature
    .command('evidence <feature> <number> <check...>')
    .description('attest checks that this version cannot make by itself, or say that they do not apply')
    .option('--statement <text>', 'what you vouch for')
    .option('--reference <text>', 'where that can be read')
    .option('--not-applicable <reason>', 'why they do not apply')
    .action(
      async (
        name: string,
        number: string,
        checks: string[],
        ...[given, command]: [EvidenceOptions, Command]
      ) => {
        const session = open(command)
        const bodies = checks.map((check) => evidence(check, given))
        const params = { ...(await runOf(session, name)), step: number }
        for (const body of bodies) await session.call('giveEvidence', { params, body })
        const { items } = await session.call('showChecks', { params })
        const attested = items.filter((it) => checks.includes(it.id))
        session.result(attested, () => describeChecks(attested))
      },
    )
}

function deciding(feature: Command, open: Open): void {
  feature
    .command('decide <feature> <number> <decision>')
    .description('go or no-go; the checks run again at this moment')
    .requiredOption('--rationale <text>', 'why')
    .option('--override <check=reason...>', 'accept a failed check, with a reason that stays visible')
    .option('--unchanged-because <text>', 'why nothing changed since the refused attempt')
    .action(
      async (
        name: string,
        number: string,
        decision: string,
        ...[given, command]: [DecideOptions, Command]
      ) => {
        if (decision !== 'go' && decision !== 'no-go')
          throw usage(`"${decision}" is no decision.`, 'Say go or no-go.')
        const session = open(command)
        const run = await session.call('decideStep', {
          params: { ...(await runOf(session, name)), step: number },
          body: {
            decision,
            rationale: given.rationale,
            overrides: pairs(given.override ?? [], '--override').map(([check, reason]) => ({
              check,
              reason,
            })),
            ...(given.unchangedBecause === undefined ? {} : { unchangedBecause: given.unchangedBecause }),
          },
        })
        session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
      },
    )
  feature
    .command('ack <feature> <number>')
    .description('acknowledge the validation point after a step')
    .action(async (name: string, number: string, _: unknown, command: Command) => {
      const session = open(command)
      const run = await session.call('acknowledgeStep', {
        params: { ...(await runOf(session, name)), step: number },
      })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
}

function evidence(check: string, { statement, reference, notApplicable }: EvidenceOptions): Evidence {
  if (notApplicable !== undefined) return { check, notApplicable }
  if (statement === undefined || reference === undefined) {
    throw usage(
      'The evidence is incomplete.',
      'Add --statement and --reference, or --not-applicable with the reason.',
    )
  }
  return { check, statement, reference }
}

function describeStep(step: Step): string {
  const outputs = step.outputs.map((it) => [
    it.field,
    it.title,
    it.filled ? 'filled' : it.required ? 'missing' : 'empty',
  ])
  return [
    `Step ${step.number}, ${step.title} (${step.state}, attempt ${step.attempt}, revision ${step.revision})`,
    step.purpose,
    table(
      ['input', 'title', 'state', 'from'],
      step.inputs.map((it) => [it.id, it.title, it.state.replaceAll('_', ' '), it.from ?? '–']),
    ),
    `Actions:\n${step.actions.map((it) => `  ${it}`).join('\n')}`,
    table(['output', 'title', 'state'], outputs),
    describeChecks(step.checks),
    `${step.question} ${step.deciders.map((it) => `${it.role} (${it.people.join(', ')})`).join(step.decideAll ? ' and ' : ' or ')} decides.`,
    describeNext(step),
  ].join('\n\n')
}

function describeChecks(checks: Step['checks']): string {
  return table(
    ['check', 'title', 'state', 'found'],
    checks.map((it) => [it.id, it.title, stateOf(it), [...it.findings, ...saidOf(it)].join(' ')]),
  )
}

/** What a person said stands beside the state and never replaces it. */
function stateOf(check: Step['checks'][number]): string {
  const waits = check.availability === 'available' && check.at === null
  const state = waits ? 'not run yet' : check.state.replaceAll('_', ' ')
  if (check.attested !== null) return `${state}, attested`
  return check.blocksGo && !waits ? `${state}, blocks Go` : state
}

function saidOf({ attested, notApplicable }: Step['checks'][number]): readonly string[] {
  return [
    ...(attested === null ? [] : [`${attested.by}: ${attested.statement} (${attested.reference})`]),
    ...(notApplicable === null ? [] : [`${notApplicable.by}: ${notApplicable.reason}`]),
  ]
}
