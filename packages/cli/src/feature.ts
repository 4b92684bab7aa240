/**
 * `flagmarshal feature …`, `approve`: a feature and its run, up to the steps (those are in step.ts).
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { usage } from './failure.ts'
import { pairs, parseObject, readObject } from './given.ts'
import type { Open } from './program.ts'
import { describeNext, describeRun, runOf } from './run.ts'
import { table } from './table.ts'

type NewFeature = Call<Operations['createFeature']>['body']
type Trigger = Call<Operations['startRun']>['body']['triggers'][number]
type Cause = Call<Operations['abortRun']>['body']['cause']
type Approver = Call<Operations['approveRun']>['body']['role']

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

export function featureCommands(program: Command, open: Open): void {
  const feature = program.command('feature').description('features and their way through the procedure')
  creating(feature, open)
  reading(feature, open)
  preparing(feature, open)
  ending(feature, open)
  program
    .command('approve <feature>')
    .description('approve the bundle in one role, with your own token')
    .requiredOption('--role <role>', 'technical-lead, operations-lead or product-owner')
    .option('--hash <hash>', 'the bundle that you have read; the present one unless given')
    .option('--comment <text>', 'a comment')
    .action(
      async (name: string, given: { role: Approver; hash?: string; comment?: string }, command: Command) => {
        const session = open(command)
        const params = await runOf(session, name)
        const bundleHash = given.hash ?? (await session.call('showBundle', { params })).hash
        const run = await session.call('approveRun', {
          params,
          body: {
            role: given.role,
            bundleHash,
            ...(given.comment === undefined ? {} : { comment: given.comment }),
          },
        })
        session.result(run, () => `Approved ${bundleHash.slice(0, 12)} as ${given.role}. ${run.status}`)
      },
    )
}

function creating(feature: Command, open: Open): void {
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
    .option('--no-ticket <reason>', 'why there is no ticket')
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
  feature
    .command('start <feature>')
    .description('start a run of the procedure')
    .requiredOption(
      '--trigger <kind=state...>',
      'documentation, acceptance, feature_ready, strategy_needed, orchestration; and completed, in_progress, ready or needed',
    )
    .option('--source <text>', 'who or what says so', 'command line')
    .option('--correlation-id <id>', "the caller's own id")
    .action(
      async (
        name: string,
        given: { trigger: string[]; source: string; correlationId?: string },
        command: Command,
      ) => {
        const session = open(command)
        const triggers = pairs(given.trigger, '--trigger').map(([kind, state]) => ({
          // The server refuses a kind or state that it does not know, naming those that it does.
          kind: kind as Trigger['kind'],
          state: state as Trigger['state'],
          source: given.source,
        }))
        const run = await session.call('startRun', {
          params: { project: session.project(), feature: name },
          body: {
            triggers,
            ...(given.correlationId === undefined ? {} : { correlationId: given.correlationId }),
          },
        })
        session.result(run, () => describeRun(run))
      },
    )
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
    .command('bundle <feature>')
    .description('what approvals are bound to, and its hash')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showBundle', { params: await runOf(session, name) })
      session.result(it, () =>
        [
          `bundle ${it.hash}`,
          it.approved
            ? 'approved'
            : it.approvedHash === null
              ? 'not approved yet'
              : `differs from the approved ${it.approvedHash} at ${it.differs.join(', ')}`,
          JSON.stringify(it.bundle, null, 2),
        ].join('\n'),
      )
    })
}

function preparing(feature: Command, open: Open): void {
  feature
    .command('inputs <feature>')
    .description('the required inputs; with --set, give one')
    .option('--set <input>', 'the input to give, like P-I1')
    .option('--value <json>', 'its value')
    .option('-f, --file <path>', 'file with its value; - reads stdin')
    .option('--statement <text>', 'what you vouch for where this version cannot look by itself')
    .option('--reference <text>', 'where that can be read')
    .action(async (name: string, given: InputOptions, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const run =
        given.set === undefined
          ? await session.call('showRun', { params })
          : await session.call('provideInput', {
              params: { ...params, input: given.set },
              body: input(given),
            })
      session.rows(
        run.inputs,
        ['input', 'title', 'state', 'checked', 'way to it'],
        run.inputs.map((it) => [
          it.id,
          it.title,
          it.state,
          it.checked ?? '–',
          it.state === 'provided' ? it.findings.join(' ') : it.remediation.path,
        ]),
      )
    })
  feature
    .command('work-plan <feature>')
    .description('the plan of the run itself; with --file, replace it')
    .option('-f, --file <path>', 'file with the plan; - reads stdin')
    .action(async (name: string, given: { file?: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const run =
        given.file === undefined
          ? await session.call('showRun', { params })
          : await session.call('writeWorkPlan', { params, body: workPlan(given.file) })
      session.result(run.workPlan, () => JSON.stringify(run.workPlan, null, 2))
    })
  feature
    .command('review <feature>')
    .description('review the work plan, or a subject of the final review')
    .option('--work-plan <verdict>', 'approved or rejected')
    .option('--subject <group/subject>', 'like technical/strategy')
    .option('--changes', 'ask for changes instead of marking the subject reviewed')
    .option('--comment <text>', 'comments')
    .action(async (name: string, given: ReviewOptions, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const run =
        given.subject === undefined
          ? await session.call('reviewWorkPlan', { params, body: workPlanReview(given) })
          : await session.call('reviewSubject', { params, body: subjectReview(given.subject, given) })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
}

function ending(feature: Command, open: Open): void {
  feature
    .command('request-approval <feature>')
    .description('fix the bundle and ask the three roles')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const run = await session.call('requestApproval', { params: await runOf(session, name) })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
  feature
    .command('schedule <feature>')
    .description('say when the rollout starts; the run is then completed')
    .option('--start <instant>', 'RFC 3339; without it the rollout starts when it is started')
    .action(async (name: string, given: { start?: string }, command: Command) => {
      const session = open(command)
      const run = await session.call('scheduleRun', { params: await runOf(session, name), body: given })
      session.result(run, () => `${run.status}\n\n${describeNext(run)}`)
    })
  feature
    .command('abort <feature>')
    .description('end the run, with the cause and what was learned')
    .requiredOption('--cause <cause>', 'feature_cancelled, deployment_approach_changed or other')
    .requiredOption('--lessons <text>', 'what was learned')
    .option('--detail <text>', 'more about the cause')
    .action(
      async (name: string, given: { cause: Cause; lessons: string; detail?: string }, command: Command) => {
        const session = open(command)
        const run = await session.call('abortRun', { params: await runOf(session, name), body: given })
        session.result(run, () => run.status)
      },
    )
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

interface InputOptions {
  set?: string
  value?: string
  file?: string
  statement?: string
  reference?: string
}

interface ReviewOptions {
  workPlan?: string
  subject?: string
  changes?: boolean
  comment?: string
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

function input(given: InputOptions): Call<Operations['provideInput']>['body'] {
  const { file, value, statement, reference } = given
  const attest =
    statement === undefined && reference === undefined
      ? undefined
      : { statement: statement ?? '', reference: reference ?? '' }
  return {
    value: file !== undefined ? readObject(file) : parseObject(value ?? '{}', '--value'),
    ...(attest === undefined ? {} : { attest }),
  }
}

function workPlan(path: string): Call<Operations['writeWorkPlan']>['body'] {
  // The server checks the shape and names the field at fault.
  return readObject(path) as Call<Operations['writeWorkPlan']>['body']
}

function workPlanReview(given: ReviewOptions): Call<Operations['reviewWorkPlan']>['body'] {
  if (given.workPlan !== 'approved' && given.workPlan !== 'rejected') {
    throw usage(
      'What is reviewed, and how?',
      'Add --work-plan approved|rejected, or --subject technical/strategy.',
    )
  }
  return { verdict: given.workPlan, comments: given.comment ?? '' }
}

type SubjectReview = Call<Operations['reviewSubject']>['body']

function subjectReview(subject: string, given: ReviewOptions): SubjectReview {
  const [group = '', name = ''] = subject.split('/')
  return {
    // The server refuses a group or subject that it does not know, naming those that it does.
    group: group as SubjectReview['group'],
    subject: name,
    verdict: given.changes === true ? 'changes_requested' : 'reviewed',
    ...(given.comment === undefined ? {} : { comment: given.comment }),
  }
}
