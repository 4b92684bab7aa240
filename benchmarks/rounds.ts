/**
 * The race: contestants in processes of their own, one slice of each in every round, in another
 * order each round. A ratio is taken within a round, so whatever slows the machine down for a
 * while slows both sides of it.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { Order, Report } from './contestant.ts'
import { BOUND } from './subject.ts'
import { WORKLOADS } from './workload.ts'
import type { Workload } from './workload.ts'

/** How long to run. */
export interface Pace {
  readonly rounds: number
  readonly sliceMs: number
  /** Slices before the first round that are thrown away. */
  readonly warmUps: number
}

/** What came out for one subject. */
export interface Result {
  readonly name: string
  readonly async: boolean
  readonly note: string
  readonly workloads: Readonly<Partial<Record<Workload, Figures>>>
  /** Why it could not be measured. */
  readonly failure?: string
}

export interface Figures {
  /** CPU time per call, median over the rounds, nanoseconds. */
  readonly ns: number
  /** Median of the same-round ratios to the hand-written bound. */
  readonly ratio: number
  /** CPU time per call in each round, nanoseconds. */
  readonly samples: readonly number[]
}

interface Contestant {
  readonly name: string
  readonly child: ChildProcess
  readonly async: boolean
  readonly note: string
}

/** Runs all workloads for all subjects and stops their processes. */
export async function race(names: readonly string[], pace: Pace): Promise<Result[]> {
  const failures = new Map<string, string>()
  const contestants: Contestant[] = []
  for (const name of names) {
    const entered = await enter(name)
    if (typeof entered === 'string') failures.set(name, entered)
    else contestants.push(entered)
  }
  const samples = new Map<string, Map<Workload, number[]>>(contestants.map(({ name }) => [name, new Map()]))
  for (const workload of keysOf(WORKLOADS)) {
    for (const contestant of contestants) {
      for (let i = 0; i < pace.warmUps; i++) await slice(contestant, { workload, ms: pace.sliceMs })
      samples.get(contestant.name)?.set(workload, [])
    }
    for (let round = 0; round < pace.rounds; round++) {
      for (let i = 0; i < contestants.length; i++) {
        const contestant = contestants[(i + round) % contestants.length]
        if (contestant === undefined) continue
        const ns = await slice(contestant, { workload, ms: pace.sliceMs })
        samples.get(contestant.name)?.get(workload)?.push(ns)
      }
    }
  }
  await Promise.all(contestants.map(leave))
  return names.map((name) => resultOf(name, { contestants, failures, samples }))
}

async function enter(name: string): Promise<Contestant | string> {
  const child = fork(join(import.meta.dirname, 'contestant.ts'), [name], {
    // What an SDK prints is of no interest, unless it ends the process.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const report = await reportOf(child)
  if (report.kind === 'ready') return { name, child, async: report.async, note: report.note }
  child.kill()
  return report.kind === 'failed' ? report.message : 'it did not start'
}

async function slice(contestant: Contestant, order: Order): Promise<number> {
  const answer = reportOf(contestant.child)
  contestant.child.send(order)
  const report = await answer
  if (report.kind === 'slice') return report.nsPerCall
  throw new Error(`${contestant.name}: ${report.kind === 'failed' ? report.message : 'out of turn'}`)
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

async function leave({ child }: Contestant): Promise<void> {
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(5_000) })
  child.send('close')
  await ended.catch(() => child.kill('SIGKILL'))
}

interface Records {
  readonly contestants: readonly Contestant[]
  readonly failures: ReadonlyMap<string, string>
  readonly samples: ReadonlyMap<string, ReadonlyMap<Workload, readonly number[]>>
}

function resultOf(name: string, { contestants, failures, samples }: Records): Result {
  const contestant = contestants.find((one) => one.name === name)
  const failure = failures.get(name)
  const workloads: Partial<Record<Workload, Figures>> = {}
  for (const workload of keysOf(WORKLOADS)) {
    const own = samples.get(name)?.get(workload)
    const bound = samples.get(BOUND)?.get(workload)
    if (own === undefined || bound === undefined) continue
    const ratios = own.map((ns, round) => ns / (bound[round] ?? Number.NaN))
    workloads[workload] = { ns: median(own), ratio: median(ratios), samples: own }
  }
  const facts = { name, async: contestant?.async ?? false, note: contestant?.note ?? '', workloads }
  return failure === undefined ? facts : { ...facts, failure }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

/** The keys of a record whose keys are known. */
export function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  // `Object.keys` forgets the type; a literal record has no other keys than its type says.
  return Object.keys(record) as Key[]
}
