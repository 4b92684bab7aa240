/**
 * The race: contestants in processes of their own, one slice of each in every round, in another
 * order each round. A ratio is taken within a round, so whatever slows the machine down for a
 * while slows both sides of it.
 */
import type { Timed } from './contestant.ts'
import { median } from './numbers.ts'
import { ask, enter, leave } from './process.ts'
import type { Contestant } from './process.ts'
import { BOUND } from './subject.ts'

/** How long to run. */
export interface Pace {
  readonly rounds: number
  readonly sliceMs: number
  readonly warmMs: number
  /** Processes of each subject for W6, of which the best counts. */
  readonly starts: number
}

/** CPU time per call of each round, nanoseconds. */
export type Samples = readonly number[]

/** What came out: of each subject, of each workload. */
export interface Races {
  readonly samples: ReadonlyMap<string, ReadonlyMap<Timed, Samples>>
  readonly isAsync: ReadonlySet<string>
  readonly notes: ReadonlyMap<string, string>
  /** Why something could not be measured. */
  readonly failures: readonly string[]
}

/** What is raced with which flags. */
export interface Heat {
  readonly flags: string
  readonly workloads: readonly Timed[]
}

/** Runs all heats and ends their processes. A subject that has no such call does not take part in it. */
export async function race(names: readonly string[], heats: readonly Heat[], pace: Pace): Promise<Races> {
  const samples = new Map(names.map((name) => [name, new Map<Timed, number[]>()]))
  const isAsync = new Set<string>()
  const notes = new Map<string, string>()
  const failures: string[] = []
  for (const { flags, workloads } of heats) {
    const all: Contestant[] = []
    for (const name of names) {
      const entered = await enter(name, flags)
      if (typeof entered === 'string') failures.push(`${name}: ${entered}`)
      else all.push(entered)
    }
    for (const { name, note } of all) notes.set(name, note)
    for (const workload of workloads) {
      const ready: Contestant[] = []
      for (const contestant of all) {
        try {
          const { async } = await ask(contestant, 'check', workload, 0)
          if (async) isAsync.add(contestant.name)
          await ask(contestant, 'warm', workload, pace.warmMs * longer(async))
          ready.push(contestant)
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error)
          if (!message.includes('there is no call for')) failures.push(`${workload}: ${message}`)
        }
      }
      await runRounds({ ready, isAsync }, workload, pace, samples)
      console.error(`${workload} measured`)
    }
    await Promise.all(all.map(leave))
  }
  return { samples, isAsync, notes, failures }
}

/**
 * A call that gives a promise leaves kilobytes behind: its slices are so long that the collector
 * takes part in each, and its pipeline of many small functions takes longer to be compiled.
 */
function longer(async: boolean): number {
  return async ? 4 : 1
}

async function runRounds(
  { ready, isAsync }: { readonly ready: readonly Contestant[]; readonly isAsync: ReadonlySet<string> },
  workload: Timed,
  { rounds, sliceMs }: Pace,
  samples: ReadonlyMap<string, Map<Timed, number[]>>,
): Promise<void> {
  for (const { name } of ready) samples.get(name)?.set(workload, [])
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < ready.length; i++) {
      const contestant = ready[(i + round * 7) % ready.length]
      if (contestant === undefined) continue
      const { name } = contestant
      const { nsPerCall } = await ask(contestant, 'slice', workload, sliceMs * longer(isAsync.has(name)))
      samples.get(name)?.get(workload)?.push(nsPerCall)
    }
  }
}

/** The median of what one subject took in each round, divided by what another took; NaN where one did not run. */
export function ratio({ samples }: Races, workload: Timed, name: string, to: string = BOUND): number {
  const own = samples.get(name)?.get(workload) ?? []
  const other = samples.get(to)?.get(workload) ?? []
  return median(own.map((ns, round) => ns / (other[round] ?? Number.NaN)))
}

/** The median CPU time per call, nanoseconds. */
export function nanoseconds({ samples }: Races, workload: Timed, name: string): number {
  return median(samples.get(name)?.get(workload) ?? [])
}
