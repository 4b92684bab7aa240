/**
 * `flagmarshal feature …`: a feature and where its run stands. Inputs, steps and approvals have files
 * of their own.
 */
import type { Call, Operations } from '@flagmarshal/api'
import { Option } from 'commander'
import type { Command } from 'commander'

import { actionCommands, commentCommands } from './action.ts'
import { approvalCommands } from './approval.ts'
import { contractCommands } from './contract.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { pairs, readObject, seenRevision } from './given.ts'
import { inputCommand } from './input.ts'
import type { Open } from './program.ts'
import { remedyCommands } from './remedy.ts'
import { reportCommands } from './report.ts'
import { describeNext, describeRun, runOf } from './run.ts'
import { stepCommands } from './step.ts'
import { table } from './table.ts'

type NewFeature = Call<Operations['createFeature']>['body']
type Trigger = Call<Operations['recordTrigger']>['body']

const TRIGGERS =
  'documentation, acceptance, feature_ready, strategy_needed or orchestration; and completed, in_progress, ready or needed'

interface NewOptions {
  name?: string
  team: string
  flag: string
  layer: NewFeature['layers']
  technicalLead: string[]
  operationsLead: string[]
  productOwner: string[]
  ticket?: string
  noTicket?: string
  stakeholder?: string[]
}

export function featureCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const feature = program.command('feature').description('features and their way through the procedure')
  creating(feature, open)
  starting(feature, open)
  reading(feature, open)
  planning(feature, open)
  inputCommand(feature, open)
  remedyCommands(feature, open, end)
  stepCommands(feature, open, end)
  actionCommands(feature, open)
  commentCommands(feature, open)
  contractCommands(feature, open, end)
  reportCommands(feature, open)
  approvalCommands(program, feature, open)
}

function creating(feature: Command, open: Open): void {
  const noTicket = new Option('--no-ticket <reason>', 'why there is no ticket')
  // Commander reads --no-… as the opposite of --ticket; here it is an option of its own.
  noTicket.negate = false
  feature
    .command('new <key>')
    .description('register a feature: its flag, its layers, and the people who hold each role')
    .requiredOption('--team <team>', 'owning team')
    .requiredOption('--flag <key>', 'the flag that it is behind')
    .requiredOption('--layer <layer...>', 'backend, frontend, middleware')
    .requiredOption('--technical-lead <person...>', 'who approves strategy and flags')
    .requiredOption('--operations-lead <person...>', 'who approves plan, monitoring and rollback')
    .requiredOption('--product-owner <person...>', 'who approves timeline and audience')
    .option('--name <name>', 'name for people; the key unless given')
    .option('--ticket <key=url>', 'the ticket')
    .addOption(noTicket)
    .option('--stakeholder <name...>', 'who is consulted and told')
    .action(async (key: string, given: NewOptions, command: Command) => {
      const session = open(command)
      const made = await session.call('createFeature', {
        params: { project: session.project() },
        body: newFeature(key, given),
      })
      session.result(
        made,
        () =>
          `Feature ${made.key} behind ${made.flag}. Next: flagmarshal feature start ${made.key} --trigger feature_ready=ready`,
      )
    })
}

function starting(feature: Command, open: Open): void {
  feature
    .command('start <feature>')
    .description('start a run of the procedure')
    .requiredOption('--trigger <kind=state...>', TRIGGERS)
    .option('--source <text>', 'who or what says so', 'command line')
    .option('--correlation-id <id>', "the caller's own id")
    .action(
      async (
        name: string,
        given: { trigger: string[]; source: string; correlationId?: string },
        command: Command,
      ) => {
        const session = open(command)
        const run = await session.call('startRun', {
          params: { project: session.project(), feature: name },
          body: {
            triggers: triggers(given.trigger, given.source),
            ...(given.correlationId === undefined ? {} : { correlationId: given.correlationId }),
          },
        })
        session.result(run, () => describeRun(run))
      },
    )
  feature
    .command('trigger <feature> <kind=state...>')
    .description(`record a fact that arrived later: ${TRIGGERS}`)
    .option('--source <text>', 'who or what says so', 'command line')
    .action(async (name: string, facts: string[], given: { source: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      for (const body of triggers(facts, given.source)) await session.call('recordTrigger', { params, body })
      const run = await session.call('showRun', { params })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
}

function reading(feature: Command, open: Open): void {
  feature
    .command('list')
    .description('list the features')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listFeatures', { params: { project: session.project() } })
      session.rows(
        items,
        ['feature', 'flag', 'team', 'run'],
        items.map((it) => [it.key, it.flag, it.team, it.latestRun?.state ?? 'none']),
      )
    })
  feature
    .command('show <feature>')
    .description('where its run stands, what blocks it, what to do next')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const run = await session.call('showRun', { params: await runOf(session, name) })
      session.result(run, () => describeRun(run))
    })
  feature
    .command('next <feature>')
    .description('only what blocks it and what to do next')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const run = await session.call('showRun', { params: await runOf(session, name) })
      session.result({ blockers: run.blockers, nextActions: run.nextActions }, () => describeNext(run))
    })
  feature
    .command('history <feature>')
    .description('its runs, newest first')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listRuns', {
        params: { project: session.project(), feature: name },
      })
      session.result(items, () =>
        table(
          ['run', 'state', 'started'],
          items.map((it) => [it.id, it.state, it.startedAt]),
        ),
      )
    })
}

function planning(feature: Command, open: Open): void {
  feature
    .command('work-plan <feature>')
    .description('the plan of the run itself; with --file, replace it')
    .option('-f, --file <path>', 'file with the plan; - reads stdin')
    .option('--if-revision <number>', 'refuse it where the plan is no longer at this revision')
    .action(async (name: string, given: { file?: string; ifRevision?: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const run =
        given.file === undefined
          ? await session.call('showRun', { params })
          : await session.call('writeWorkPlan', {
              params,
              body: workPlan(given.file),
              ...seenRevision(given.ifRevision),
            })
      session.result(run.workPlan, () => JSON.stringify(run.workPlan, null, 2))
    })
}

function newFeature(key: string, given: NewOptions): NewFeature {
  const [ticket] = given.ticket === undefined ? [] : pairs([given.ticket], '--ticket')
  if (ticket === undefined && given.noTicket === undefined) {
    throw usage('The ticket is missing.', 'Add --ticket KEY=https://…, or --no-ticket "why there is none".')
  }
  return {
    key,
    name: given.name ?? key,
    team: given.team,
    ticket: ticket === undefined ? { none: given.noTicket ?? '' } : { key: ticket[0], url: ticket[1] },
    stakeholders: given.stakeholder ?? [],
    roles: {
      technicalLead: given.technicalLead,
      operationsLead: given.operationsLead,
      productOwner: given.productOwner,
    },
    flag: given.flag,
    layers: given.layer,
  }
}

function triggers(given: readonly string[], source: string): Trigger[] {
  return pairs(given, 'the trigger').map(([kind, state]) => ({
    // The server refuses a kind or state that it does not know, naming those that it does.
    kind: kind as Trigger['kind'],
    state: state as Trigger['state'],
    source,
  }))
}

function workPlan(path: string): Call<Operations['writeWorkPlan']>['body'] {
  // The server checks the shape and names the field at fault.
  return readObject(path) as Call<Operations['writeWorkPlan']>['body']
}
