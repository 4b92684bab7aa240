/**
 * `flagmarshal plan …`: rollout plans, tried before anybody decides on them, and plans to begin with.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import { isObject, readObject } from './given.ts'
import { importSlo } from './import-slo.ts'
import { describeCheck, describePower, describeReplay } from './plan-view.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'

type Draft = NonNullable<Call<Operations['checkPlan']>['body']>
type NewTemplate = Call<Operations['createPlanTemplate']>['body']

export function planCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const plan = program.command('plan').description('rollout plans: try them, show them, keep them for others')
  plan
    .command('show <feature>')
    .description('the plan of the feature: step 3 of its run')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { output } = await session.call('showStep', {
        params: { ...(await runOf(session, name)), step: 3 },
      })
      session.result(output['plan'] ?? null, () => JSON.stringify(output['plan'] ?? {}, null, 2))
    })
  trying(plan, open, end)
  importSlo(plan, open)
  templates(plan, open)
}

function trying(plan: Command, open: Open, end: (code: ExitCode) => void): void {
  const draft = (verb: string, description: string) =>
    plan
      .command(`${verb} <feature>`)
      .description(description)
      .option('-f, --file <path>', 'a draft instead of the stored plan; - reads stdin')
  draft('check', 'the checks of step 3; stores nothing; exits 7 when the plan would be refused').action(
    async (name: string, given: { file?: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const it = await session.call('checkPlan', { params, body: draftOf(given.file) })
      session.result(it, () => describeCheck(it))
      if (it.isRefused) end(EXIT.invalid)
    },
  )
  draft('power', 'whom each increment reaches, and what it can see at the measured traffic').action(
    async (name: string, given: { file?: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const it = await session.call('showPlanPower', { params, body: draftOf(given.file) })
      session.result(it, () => describePower(it))
    },
  )
  draft('replay', 'would it have rolled back the latest, unchanged traffic? exits 7 when it would').action(
    async (name: string, given: { file?: string }, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const it = await session.call('replayPlan', { params, body: draftOf(given.file) })
      session.result(it, () => describeReplay(it))
      if (it.verdict === 'rolls-back') end(EXIT.invalid)
    },
  )
}

function templates(plan: Command, open: Open): void {
  const template = plan.command('template').description('plans to begin with, for the whole installation')
  template
    .command('list')
    .description('all of them; the built-in one first')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPlanTemplates')
      session.rows(
        items,
        ['template', 'name', 'by'],
        items.map((it) => [it.key, it.name, it.createdBy ?? 'built in']),
      )
    })
  template
    .command('show <template>')
    .description('one of them, whole')
    .action(async (key: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listPlanTemplates')
      const it = items.find((one) => one.key === key)
      if (it === undefined) {
        throw new Failure(`There is no plan template ${key}.`, {
          exitCode: EXIT.notFound,
          remedy: `Take one of ${items.map((one) => one.key).join(', ')}.`,
        })
      }
      session.result(it, () => JSON.stringify(it.plan, null, 2))
    })
  template
    .command('create <template>')
    .description('keep a plan for other features to begin with')
    .requiredOption('-f, --file <path>', 'file with the plan; - reads stdin')
    .requiredOption('--name <text>', 'its name')
    .requiredOption('--description <text>', 'what it is for')
    .action(
      async (key: string, given: { file: string; name: string; description: string }, command: Command) => {
        const session = open(command)
        const { name, description } = given
        // The server checks the shape and names the field at fault.
        const body = { key, name, description, plan: readObject(given.file) } as NewTemplate
        const it = await session.call('createPlanTemplate', { body })
        session.result(it, () => `The template ${it.key} is kept.`)
      },
    )
}

/** A plan, or the output of step 3 that holds one. */
function draftOf(file: string | undefined): Draft {
  if (file === undefined) return {}
  const { plan, audienceShares, ...rest } = readObject(file)
  // The server checks the shape and names the field at fault.
  if (isObject(plan)) return { plan, ...(audienceShares === undefined ? {} : { audienceShares }) } as Draft
  return { plan: rest } as Draft
}
