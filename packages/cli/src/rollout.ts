/**
 * `flagmarshal rollout …`: watch and steer a rollout.
 */
import type { Call, Operations } from '@flagmarshal/api'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { Failure } from './failure.ts'
import type { Open } from './program.ts'
import { historyCommands } from './rollout-history.ts'
import { describeRollout, describeVerification } from './rollout-view.ts'
import { runOf } from './run.ts'
import type { Session } from './session.ts'
import { duration } from './wait.ts'
import { watch } from './watch.ts'

type ReviewOptions = Call<Operations['reviewRollout']>['body']

export function rolloutCommands(program: Command, open: Open, end: (code: ExitCode) => void): void {
  const rollout = program.command('rollout').description('rollouts')
  reading(rollout, open, end)
  historyCommands(rollout, open, rolloutOf)
  acting(rollout, open)
  looking(rollout, open)
  rollout
    .command('start <feature>')
    .description("start the rollout that the feature's approved run has planned")
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { project, run } = await runOf(session, name)
      const it = await session.call('startRollout', { params: { project }, body: { run } })
      session.result(it, () => `${it.status}\nWatch it: flagmarshal rollout status ${it.id} --watch`)
    })
}

function reading(rollout: Command, open: Open, end: (code: ExitCode) => void): void {
  rollout
    .command('list')
    .description('list the rollouts, newest first')
    .action(async (_: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listRollouts', { params: { project: session.project() } })
      session.rows(
        items,
        ['rollout', 'feature', 'environment', 'attempt', 'state', 'status'],
        items.map((it) => [it.id, it.feature, it.environment, String(it.attempt), it.state, it.status]),
      )
    })
  rollout
    .command('status <feature|rollout>')
    .description('where a rollout stands, with the arithmetic of its verdicts; with --watch until it ended')
    .option('--watch', 'follow it; exits 9 when it did not reach 100 %')
    .option('--every <duration>', 'how often the picture is drawn while watching', '1s')
    .action(async (name: string, given: { watch?: boolean; every: string }, command: Command) => {
      const session = open(command)
      const params = await rolloutOf(session, name)
      const it =
        given.watch === true
          ? await watch(session, params, duration(given.every))
          : await session.call('showRollout', { params })
      // Watched with --json, the last line has said it.
      if (given.watch !== true || !session.json) session.result(it, () => describeRollout(it))
      if (given.watch === true && it.state !== 'completed') end(EXIT.notVerified)
    })
  rollout
    .command('decisions <feature|rollout>')
    .description('what was decided, and why, with the numbers')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const { items } = await session.call('listRolloutDecisions', {
        params: await rolloutOf(session, name),
        query: {},
      })
      session.rows(
        items,
        ['#', 'at', 'by', 'decision', 'from', 'to', 'because'],
        items.map((it) => [String(it.seq), it.at, it.by, it.kind, it.from, it.to, it.sentence]),
      )
    })
  rollout
    .command('report <feature|rollout>')
    .description('the report of a rollback')
    .action(async (name: string, _: unknown, command: Command) => {
      const session = open(command)
      const it = await session.call('showRollbackReport', { params: await rolloutOf(session, name) })
      session.result(it, () => `${it.summary}\n\n${describeVerification(it.verification)}`)
    })
}

function acting(rollout: Command, open: Open): void {
  const acts = [
    ['resume', 'resumeRollout', 'let a paused or held rollout go on'],
    ['advance', 'advanceRollout', 'take the next increment now'],
    ['rollback', 'rollbackRollout', 'serve the control variant to everybody, at once'],
    ['adopt-plan', 'adoptRolloutPlan', 'take over the plan that was changed and approved anew'],
    ['abort', 'abortRollout', 'end an attempt, one that has not begun too, on the control variant'],
  ] as const
  for (const [verb, operation, description] of acts) {
    rollout
      .command(`${verb} <feature|rollout>`)
      .description(description)
      .requiredOption('--reason <text>', 'why')
      .action(async (name: string, given: { reason: string }, command: Command) => {
        const session = open(command)
        const params = await rolloutOf(session, name)
        const it = await session.call(operation, { params, body: given })
        session.result(it, () => it.status)
      })
  }
}

/** What people say inside a rollout: a pause for a time, approvals, overrides, reviews. */
function looking(rollout: Command, open: Open): void {
  rollout
    .command('pause <feature|rollout>')
    .description('stop it where it stands; harm still rolls it back')
    .requiredOption('--reason <text>', 'why')
    .option('--until <time>', 'when it goes on by itself, RFC 3339')
    .action(async (name: string, given: { reason: string; until?: string }, command: Command) => {
      const session = open(command)
      const it = await session.call('pauseRollout', { params: await rolloutOf(session, name), body: given })
      session.result(it, () => it.status)
    })
  rollout
    .command('approve <feature|rollout>')
    .description('approve the increment that waits for a person')
    .requiredOption('--evidence <hash>', 'what was looked at, as `rollout status` shows it')
    .requiredOption('--reason <text>', 'why')
    .action(async (name: string, given: { evidence: string; reason: string }, command: Command) => {
      const session = open(command)
      const it = await session.call('approveRollout', { params: await rolloutOf(session, name), body: given })
      session.result(it, () => `Approved. ${it.status}`)
    })
  rollout
    .command('override <feature|rollout>')
    .description('let a criterion not keep it from advancing for a time; harm rolls back all the same')
    .requiredOption('--criterion <id>', 'which one')
    .requiredOption('--until <time>', 'RFC 3339, within seven days')
    .requiredOption('--reason <text>', 'why')
    .action(
      async (name: string, given: { criterion: string; until: string; reason: string }, command: Command) => {
        const session = open(command)
        const params = await rolloutOf(session, name)
        const it = await session.call('overrideRollout', { params, body: given })
        session.result(it, () => `${given.criterion} is set aside until ${given.until}.`)
      },
    )
  rollout
    .command('review <feature|rollout>')
    .description('say after a look at the verdicts how it goes on')
    .requiredOption('--outcome <outcome>', 'continue, pause or roll-back')
    .requiredOption('--reason <text>', 'what was seen, and why')
    .action(async (name: string, given: ReviewOptions, command: Command) => {
      const session = open(command)
      const it = await session.call('reviewRollout', { params: await rolloutOf(session, name), body: given })
      session.result(it, () => `Reviewed. ${it.status}`)
    })
}

/** The address of the latest rollout of a feature; an id names one directly. */
async function rolloutOf(session: Session, name: string): Promise<{ project: string; rollout: string }> {
  const project = session.project()
  if (/^[a-z]+_/.test(name)) return { project, rollout: name }
  const { items } = await session.call('listRollouts', { params: { project }, query: { feature: name } })
  const [latest] = items
  if (latest !== undefined) return { project, rollout: latest.id }
  throw new Failure(`The feature ${name} has no rollout yet.`, {
    exitCode: EXIT.notFound,
    remedy: `Start it once its plan is approved: flagmarshal rollout start ${name}`,
  })
}
