/** A contestant's process, seen from the parent. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { Order, Report, Start, Timed } from './contestant.ts'

/** A subject that is loaded and waits for orders. */
export interface Contestant {
  readonly name: string
  readonly child: ChildProcess
  readonly note: string
  readonly start: Start
}

/** Starts a subject with the flags of that name (`1000`, `10000`, `big`); why it could not, as text. */
export async function enter(
  name: string,
  flags: string,
  execArgv: readonly string[] = [],
): Promise<Contestant | string> {
  const child = fork(join(import.meta.dirname, 'contestant.ts'), [name, flags], {
    // What an SDK prints is of no interest, unless it ends the process.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_NO_WARNINGS: '1' },
    execArgv: [...execArgv],
  })
  const report = await reportOf(child)
  if (report.kind === 'ready') return { name, child, note: report.note, start: report.start }
  child.kill()
  return report.kind === 'failed' ? report.message : 'it did not start'
}

/** What comes of an order. Throws an Error where the subject failed. */
export async function ask(
  { name, child }: Contestant,
  kind: 'check' | 'warm' | 'slice',
  workload: Timed,
  ms: number,
): Promise<Extract<Report, { kind: 'done' }>> {
  const answer = reportOf(child)
  const order: Order = { kind, workload, ms }
  child.send(order)
  const report = await answer
  if (report.kind === 'done') return report
  throw new Error(`${name}: ${report.kind === 'failed' ? report.message : 'out of turn'}`)
}

/** Ends the process. */
export async function leave({ child }: Contestant): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(5_000) })
  const order: Order = { kind: 'close' }
  child.send(order)
  await ended.catch(() => child.kill('SIGKILL'))
}

/** The next thing that a contestant says; its end is a failure. */
function reportOf(child: ChildProcess): Promise<Report> {
  return new Promise((resolve) => {
    const hear = (report: Report): void => {
      child.off('exit', end)
      resolve(report)
    }
    const end = (code: number | null): void => {
      child.off('message', hear)
      resolve({ kind: 'failed', message: `it ended with code ${code}` })
    }
    child.once('message', hear)
    child.once('exit', end)
  })
}
