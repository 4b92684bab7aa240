/**
 * `npm run bench`: the engine and the SDK beside other SDKs and a hand-written lower bound, in one run.
 *
 * `--quick` takes a third of the time. Prints tables and whether every bar holds, writes
 * `results.json`, and exits 1 if a subject failed or a bar does not hold.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

import { barsOf } from './bars.ts'
import { ensurePeers, versionOf } from './install.ts'
import { race } from './rounds.ts'
import type { Heat, Pace } from './rounds.ts'
import { measureStarts } from './start.ts'
import { SUBJECTS } from './subject.ts'
import { printRaces, printStarts } from './table.ts'

const FULL: Pace = { rounds: 15, sliceMs: 50, warmMs: 250, starts: 3 }
const QUICK: Pace = { rounds: 7, sliceMs: 20, warmMs: 80, starts: 3 }
const HEATS: readonly Heat[] = [
  { flags: '1000', workloads: ['W1', 'W2', 'W3', 'W4', 'counted', 'W5'] },
  { flags: 'big', workloads: ['W7'] },
]

ensurePeers()
const pace = process.argv.includes('--quick') ? QUICK : FULL
const names = Object.keys(SUBJECTS)
const versions = new Map(
  Object.entries(SUBJECTS).flatMap(([name, { peer }]) =>
    peer === undefined ? [] : [[name, versionOf(peer)]],
  ),
)
const races = await race(names, HEATS, pace)
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }

console.log(
  `\nNode ${machine.node}, ${machine.cpu} × ${machine.cores}; 1,000 flags, a new user for each call;`,
)
console.log(
  `CPU time per call, median of ${pace.rounds} interleaved rounds, × = same-round ratio to the bound\n`,
)
printRaces(races, versions)
const starts = await measureStarts(names, pace.starts)
printStarts(starts)
const bars = barsOf(races, starts)
console.log()
for (const { says, measured, holds } of bars)
  console.log(`${holds ? 'holds' : 'FAILS'}  ${says}: ${measured}`)
for (const failure of races.failures) console.log(`FAILS  ${failure}`)

const results = {
  when: new Date().toISOString(),
  machine,
  pace,
  versions: Object.fromEntries(versions),
  notes: Object.fromEntries(races.notes),
  samples: Object.fromEntries([...races.samples].map(([name, own]) => [name, Object.fromEntries(own)])),
  starts: Object.fromEntries(starts),
  bars,
  failures: races.failures,
}
writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
process.exitCode = races.failures.length === 0 && bars.every(({ holds }) => holds) ? 0 : 1
