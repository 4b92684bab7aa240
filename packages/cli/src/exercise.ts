/**
 * `flagmarshal flag test` and `flagmarshal drill …`: trying things out before they are needed.
 */
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { usage } from './failure.ts'
import type { Open } from './program.ts'
import { runOf } from './run.ts'
import type { Answer, Session } from './session.ts'
import { fields, table } from './table.ts'
import { ask, duration } from './wait.ts'

type Verification = Answer<'showVerification'>
type Drill = Answer<'showDrill'>
type End = (code: ExitCode) => void

interface TestOptions {
  bound: string
  traffic: string
  wait: string
}

interface DrillOptions extends Omit<TestOptions, 'bound'> {
  through?: string
}

/** Adds `test` to the commands of flags. */
export function testCommand(program: Command, open: Open, end: End): void {
  const flag = program.commands.find((it) => it.name() === 'flag') ?? program.command('flag')
  flag
    .command('test <feature>')
    .description(
      'try the flag of a feature in every environment, by the engine and by connected instances; nothing is switched on in a protected one. Exits 9 when something was found',
    )
    .option('--bound <duration>', 'how long an instance may take to follow a change, at most 5s', '5s')
    .option('--traffic <duration>', 'how long to wait for requests of the application', '5s')
    .option('--wait <duration>', 'how long to wait for the end; 0s does not wait', '2m')
    .action(async (name: string, given: TestOptions, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      const body = { boundMs: duration(given.bound), trafficMs: duration(given.traffic) }
      const { id } = await session.call('startVerification', { params, body })
      const found = await follow(session, given.wait, () =>
        session.call('showVerification', { params: { ...params, verification: id } }),
      )
      session.result(found, () => describeVerification(found))
      end(found.state === 'running' ? waitedFor(given) : sound(found) ? EXIT.ok : EXIT.notVerified)
    })
}

/** `drill run` and `drill show`. */
export function drillCommands(program: Command, open: Open, end: End): void {
  const drill = program.command('drill').description('drills of the alarm and of the rollback')
  drill
    .command('run <feature> <kind>')
    .description(
      'alert: inject a breach and follow the alarm; rollback: enable and quickly disable the flag outside production. Exits 9 unless it passed',
    )
    .option(
      '--through <way>',
      'of the alarm: prometheus or built-in; prometheus where its rules are installed',
    )
    .option('--traffic <duration>', 'how long to wait for requests of the application', '5s')
    .option('--wait <duration>', 'how long to wait for the end; 0s does not wait', '6m')
    .action(async (name: string, kind: string, given: DrillOptions, command: Command) => {
      if (kind !== 'alert' && kind !== 'rollback')
        throw usage(`There is no drill ${kind}.`, 'Use alert or rollback.')
      const session = open(command)
      const params = await runOf(session, name)
      const { through } = given
      if (through !== undefined && through !== 'prometheus' && through !== 'built-in')
        throw usage(`There is no way ${through}.`, 'Use prometheus or built-in.')
      const body = { kind, through, trafficMs: duration(given.traffic) } as const
      const { id } = await session.call('startDrill', { params, body })
      const found = await follow(session, given.wait, () =>
        session.call('showDrill', { params: { ...params, drill: id } }),
      )
      session.result(found, () => describeDrill(found))
      end(found.state === 'running' ? waitedFor(given) : passed(found) ? EXIT.ok : EXIT.notVerified)
    })
  drill
    .command('show <feature> [drill]')
    .description('the drills of a feature, newest first, or one of them whole')
    .action(async (name: string, id: string | undefined, _: unknown, command: Command) => {
      const session = open(command)
      const params = await runOf(session, name)
      if (id !== undefined) {
        const found = await session.call('showDrill', { params: { ...params, drill: id } })
        return session.result(found, () => describeDrill(found))
      }
      const { items } = await session.call('listDrills', { params })
      session.rows(
        items,
        ['drill', 'kind', 'state', 'verdict', 'current', 'at'],
        items.map((it) => [
          it.id,
          it.kind,
          it.state,
          it.verdict ?? '–',
          it.current === true ? 'yes' : 'no',
          it.startedAt,
        ]),
      )
    })
}

/** Tells the progress on the way; answers the last thing that it was told. */
async function follow<T extends Verification | Drill>(
  session: Session,
  wait: string,
  read: () => Promise<T>,
): Promise<T> {
  let told = 0
  return await ask(
    async () => {
      const it = await read()
      for (const { what } of it.progress.slice(told)) session.say(what)
      told = it.progress.length
      return it
    },
    (it) => it.state !== 'running',
    { withinMs: duration(wait), everyMs: 100 },
  )
}

function waitedFor({ wait }: { readonly wait: string }): ExitCode {
  return duration(wait) === 0 ? EXIT.ok : EXIT.timeout
}

/** Whether nothing was found by the engine or the SDKs, and every instance followed in time. */
function sound({ state, environments = [] }: Verification): boolean {
  return (
    state === 'done' &&
    environments.every(
      ({ engine, sdk, toggles }) =>
        engine.findings.length === 0 &&
        sdk.findings.length === 0 &&
        toggles.every((it) => it.instances.every((one) => one.confirmedAfterMs !== null)),
    )
  )
}

function passed({ verdict }: Drill): boolean {
  return verdict === 'passed'
}

function describeVerification(it: Verification): string {
  if (it.state !== 'done')
    return `${it.id} is ${it.state}${it.problem === undefined ? '' : `: ${it.problem}`}`
  const environments = it.environments ?? []
  const rows = environments.map(({ environment, engine, sdk, toggles }) => {
    const times = toggles.flatMap((one) => one.instances.map((instance) => instance.confirmedAfterMs))
    const slowest = times.includes(null) ? 'too slow' : `${Math.max(0, ...times.map((one) => one ?? 0))} ms`
    return [
      environment,
      engine.findings.length === 0 ? 'right' : `${engine.findings.length} faults`,
      sdk.answered.length === 0
        ? 'engine only'
        : `${sdk.answered.length} SDKs, ${sdk.findings.length} faults`,
      times.length === 0 ? 'no instance connected' : slowest,
    ]
  })
  const findings = environments.flatMap(({ environment, engine, sdk }) =>
    [...engine.findings, ...sdk.findings].map((one) => `  ✗ ${environment}: ${one}`),
  )
  const text = table(['environment', 'engine', 'through', 'slowest toggle'], rows)
  return [`${it.id}, evidence ${it.evidence}`, text, ...findings].join('\n')
}

function describeDrill(it: Drill): string {
  const head = fields([
    ['drill', it.id],
    ['kind', it.kind],
    ['state', it.state],
    ['verdict', it.verdict ?? it.problem ?? '–'],
    ['evidence', it.evidence ?? '–'],
  ])
  const hops = it.alert?.hops.map(({ hop, afterMs }) => [hop, afterMs === null ? 'never' : `${afterMs} ms`])
  const toggles = it.rollback?.toggles.flatMap(({ what, environment, instances }) =>
    instances.map((one) => [
      `${what} in ${environment}, ${one.application}`,
      one.confirmedAfterMs === null ? 'too slow' : `${one.confirmedAfterMs} ms`,
    ]),
  )
  const rows = [
    ...(hops ?? []),
    ...(toggles ?? []),
    ...(it.alert?.channels ?? []).map((one) => [
      `channel ${one.channel}: ${one.state}`,
      one.afterMs === null ? 'never' : `${one.afterMs} ms`,
    ]),
  ]
  return [
    head,
    ...(rows.length === 0 ? [] : [table(['hop', 'after'], rows)]),
    ...it.findings.map((one) => `  ✗ ${one}`),
  ].join('\n\n')
}
