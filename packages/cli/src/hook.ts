/**
 * `flagmarshal hook …`: how code, data and infrastructure are put back, tried out before it is needed.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import { readObject, readSecret, wholeNumber } from './given.ts'
import type { Open } from './program.ts'
import type { Answer, Session } from './session.ts'
import { fields, table } from './table.ts'
import { ask, duration } from './wait.ts'

type Hook = Answer<'getHook'>
export type HookRun = Answer<'showHookRun'>
type NewHook = Call<Operations['createHook']>['body']
type ChangedHook = Call<Operations['changeHook']>['body']
type End = (code: ExitCode) => void

interface DefineOptions {
  file: string
  secretFile?: string
}

interface TryOptions {
  to: string
  target: string
  feature?: string
  wait: string
}

export function hookCommands(program: Command, open: Open, end: End): void {
  const hook = program.command('hook').description('ways to put code, data and infrastructure back')
  defining(hook, open)
  trying(hook, open, end)
  hook
    .command('show-run <run>')
    .description('how far the run of a hook has come')
    .action(async (hookRun: string, _: unknown, command: Command) => {
      const session = open(command)
      const run = await session.call('showHookRun', { params: { project: session.project(), hookRun } })
      session.result(run, () => describeRun(run))
    })
  hook
    .command('confirm <run>')
    .description('confirm the plan of a data hook by its hash; it is then applied')
    .requiredOption('--plan <hash>', 'hash of the plan, as show-run prints it')
    .option('--wait <duration>', 'how long to wait for the end; 0s does not wait', '5m')
    .action(async (hookRun: string, given: { plan: string; wait: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), hookRun }
      const accepted = await session.call('confirmHookRun', { params, body: { plan: given.plan } })
      const run = await followRun(session, accepted, given.wait)
      session.result(run, () => describeRun(run))
      end(exitOf(run, given.wait))
    })
}

function defining(hook: Command, open: Open): void {
  for (const verb of ['create', 'change'] as const) {
    hook
      .command(`${verb} <key>`)
      .description(
        verb === 'create'
          ? 'create a hook from a JSON file'
          : 'make the next version of a hook; what was approved goes on to run its own',
      )
      .requiredOption('--file <path>', 'part, title, production, staging as JSON; - reads stdin')
      .option('--secret-file <path>', 'file with the secret that signs, or the token')
      .action(async (key: string, { file, secretFile }: DefineOptions, command: Command) => {
        const session = open(command)
        const project = session.project()
        const secret = secretFile === undefined ? {} : { secret: readSecret(secretFile) }
        const definition = { ...readObject(file), ...secret }
        const made =
          verb === 'create'
            ? // The server checks the shape and names the field at fault.
              await session.call('createHook', {
                params: { project },
                body: { key, ...definition } as NewHook,
              })
            : await session.call('changeHook', {
                params: { project, hook: key },
                body: definition as ChangedHook,
                ifMatch: (await session.call('getHook', { params: { project, hook: key } })).revision,
              })
        session.result(made, () => describe(made))
      })
  }
  hook
    .command('list')
    .description('list the hooks of the project')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listHooks', { params: { project: session.project() } })
      session.rows(
        items,
        ['hook', 'version', 'puts back', 'by', 'staging', 'title'],
        items.map((it) => [
          it.key,
          String(it.revision),
          it.part,
          it.production.action.kind,
          'none' in it.staging ? 'none' : it.staging.action.kind,
          it.title,
        ]),
      )
    })
  hook
    .command('show <key>')
    .description('show a hook and its latest runs')
    .option('--version-number <number>', 'this version')
    .action(async (key: string, given: { versionNumber?: string }, command: Command) => {
      const session = open(command)
      const params = { project: session.project(), hook: key }
      const query =
        given.versionNumber === undefined
          ? {}
          : { version: String(wholeNumber(given.versionNumber, '--version-number')) }
      const it = await session.call('getHook', { params, query })
      const { items } = await session.call('listHookRuns', { params })
      session.result({ ...it, runs: items }, () => `${describe(it)}\n\n${describeRuns(items)}`)
    })
}

function trying(hook: Command, open: Open, end: End): void {
  for (const verb of ['dry-run', 'run'] as const) {
    hook
      .command(`${verb} <key>`)
      .description(
        verb === 'run'
          ? 'really run a hook on staging, and see it verified. Exits 9 unless it succeeded'
          : 'try a hook out without changing anything. Exits 9 unless it succeeded',
      )
      .requiredOption('--to <version>', 'what is gone back to')
      .option('--target <target>', 'staging or production; production only for a dry run', 'staging')
      .option('--feature <feature>', 'what {feature} stands for')
      .option('--wait <duration>', 'how long to wait for the end; 0s does not wait', '5m')
      .action(async (key: string, { to, target, feature, wait }: TryOptions, command: Command) => {
        if (target !== 'staging' && target !== 'production')
          throw usage(`There is no target ${target}.`, 'Use staging or production.')
        const session = open(command)
        const accepted = await session.call('runHook', {
          params: { project: session.project(), hook: key },
          body: { mode: verb, target, goBackTo: to, ...(feature === undefined ? {} : { feature }) },
        })
        const run = await followRun(session, accepted, wait)
        session.result(run, () => describeRun(run))
        end(exitOf(run, wait))
      })
  }
}

/** Tells each phase on the way; answers the last thing that it was told. */
export async function followRun(session: Session, accepted: HookRun, wait: string): Promise<HookRun> {
  const params = { project: accepted.project, hookRun: accepted.id }
  let told = 0
  session.say(`${accepted.hook} version ${accepted.version}, ${accepted.mode} (${accepted.id})`)
  return await ask(
    async () => {
      const it = await session.call('showHookRun', { params })
      for (const phase of it.phases.slice(told))
        session.say(`${phase.ok ? '✓' : '✗'} ${phase.phase}: ${phase.said}`)
      told = it.phases.length
      return it
    },
    (it) => !['waiting', 'running'].includes(it.state),
    { withinMs: duration(wait), everyMs: 200 },
  )
}

/** 9 unless it succeeded, is watched, or waits for a person; 8 when the time was over. */
export function exitOf({ state }: HookRun, wait: string): ExitCode {
  if (state === 'waiting' || state === 'running') return duration(wait) === 0 ? EXIT.ok : EXIT.timeout
  return state === 'failed' ? EXIT.notVerified : EXIT.ok
}

/** The run in words. */
export function describeRun(it: HookRun): string {
  const plan: [string, string][] =
    it.plan === null
      ? []
      : [
          [
            'plan',
            `${it.plan.rows} rows, ${it.plan.reversible ? 'reversible' : 'not reversible'}, ${it.plan.hash}`,
          ],
        ]
  const watch: [string, string][] =
    it.watch === null ? [] : [['watched', `${it.watch.count} looks, until ${it.watch.until ?? 'it is done'}`]]
  const next =
    it.state === 'awaiting_confirmation' && it.plan !== null
      ? [`→ flagmarshal hook confirm ${it.id} --plan ${it.plan.hash}`]
      : []
  return [
    fields([
      ['run', it.id],
      ['hook', `${it.hook} version ${it.version}, puts ${it.part} back to ${it.goesBackTo}`],
      ['what', `${it.mode} on ${it.target}`],
      ['state', `${it.state.replaceAll('_', ' ')}${it.problem === null ? '' : `: ${it.problem}`}`],
      ...(it.repeats === 0
        ? []
        : [['begun again', `${it.repeats} times, with the same key`] as [string, string]]),
      ...plan,
      ...watch,
    ]),
    table(
      ['phase', '', 'said', 'ms'],
      it.phases.map((one) => [one.phase, one.ok ? '✓' : '✗', one.said, String(one.ms)]),
    ),
    ...next,
  ].join('\n\n')
}

function describe(it: Hook): string {
  const staging = 'none' in it.staging ? `none: ${it.staging.none}` : it.staging.action.kind
  return fields([
    ['hook', `${it.key} version ${it.revision}`],
    ['title', it.title],
    ['puts back', it.part],
    ['by', it.production.action.kind],
    ['staging', staging],
    ['secret', it.hasSecret ? 'yes' : 'no'],
    ['hash', it.hash],
  ])
}

function describeRuns(runs: readonly HookRun[]): string {
  return table(
    ['run', 'mode', 'target', 'for', 'state', 'at'],
    runs.map((it) => [it.id, it.mode, it.target, it.purpose, it.state.replaceAll('_', ' '), it.startedAt]),
  )
}
