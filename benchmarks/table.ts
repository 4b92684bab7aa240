/** The tables of a run, for a terminal. */
import { nanoseconds, ratio } from './rounds.ts'
import type { Races } from './rounds.ts'
import type { Starts } from './start.ts'
import { BOUND } from './subject.ts'
import { WORKLOADS } from './workload.ts'
import type { Workload } from './workload.ts'

/** Time per call of everybody, and the ratio to the bound. */
export function printRaces(races: Races, versions: ReadonlyMap<string, string>): void {
  // The keys of a literal record are those of its type.
  const workloads = Object.keys(WORKLOADS) as Workload[]
  console.log(line(['', '', ...workloads.map((workload) => `${workload} ${WORKLOADS[workload]}`)]))
  for (const name of races.samples.keys()) {
    const cells = workloads.map((workload) => {
      const ns = nanoseconds(races, workload, name)
      return Number.isNaN(ns) ? '–' : `${time(ns)} ${times(ratio(races, workload, name))}`
    })
    const title = [name, versions.get(name)].filter(Boolean).join(' ')
    console.log(line([title, races.isAsync.has(name) ? 'async' : 'sync', ...cells]))
  }
}

/** W6. */
export function printStarts(starts: ReadonlyMap<string, Starts>): void {
  console.log(`\n${line(['W6 start and memory', '', '1,000', 'heap', '10,000', 'heap', '×'])}`)
  const bound = starts.get(BOUND)?.many.ms ?? Number.NaN
  for (const [name, { few, many }] of starts) {
    const cells = [`${few.ms.toFixed(1)} ms`, mb(few.heapMb), `${many.ms.toFixed(1)} ms`, mb(many.heapMb)]
    console.log(line([name, '', ...cells, times(many.ms / bound)]))
  }
}

function line([name = '', call = '', ...cells]: readonly string[]): string {
  return `${name.padEnd(36)} ${call.padEnd(6)}${cells.map((cell) => cell.padStart(18)).join('')}`
}

function time(ns: number): string {
  if (ns >= 100_000) return `${(ns / 1_000).toFixed(0)} µs`
  if (ns >= 10_000) return `${(ns / 1_000).toFixed(1)} µs`
  return `${ns < 100 ? ns.toFixed(1) : ns.toFixed(0)} ns`
}

function times(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(2)}×`
}

function mb(value: number): string {
  return `${value.toFixed(1)} MB`
}
