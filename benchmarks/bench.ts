/**
 * `npm run bench`: the engine beside other SDKs and a hand-written lower bound, in one run.
 *
 * `--quick` takes a third of the time. Prints a table, writes `results.json`, and exits 1 if a
 * subject failed or a peer was faster than we are.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'

import { ensurePeers, versionOf } from './install.ts'
import { keysOf, race } from './rounds.ts'
import type { Pace, Result } from './rounds.ts'
import { OURS, SUBJECTS } from './subject.ts'
import { NOT_IN_THIS_VERSION, WORKLOADS } from './workload.ts'

const FULL: Pace = { rounds: 15, sliceMs: 50, warmUps: 12 }
const QUICK: Pace = { rounds: 7, sliceMs: 30, warmUps: 8 }

ensurePeers()
const pace = process.argv.includes('--quick') ? QUICK : FULL
const versions = peerVersions()
const results = await race(keysOf(SUBJECTS), pace)
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }

print(results)
writeFileSync(
  join(import.meta.dirname, 'results.json'),
  `${JSON.stringify({ when: new Date().toISOString(), machine, pace, versions, results }, null, 2)}\n`,
)
const losses = [...failures(results), ...fasterPeers(results)]
for (const loss of losses) console.log(`FAIL  ${loss}`)
if (losses.length === 0) console.log('PASS  no peer is faster')
process.exitCode = losses.length === 0 ? 0 : 1

function peerVersions(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, { peer }] of Object.entries(SUBJECTS)) {
    if (peer !== undefined) found[name] = versionOf(peer)
  }
  return found
}

function print(rows: readonly Result[]): void {
  const workloads = keysOf(WORKLOADS)
  console.log(
    `\nNode ${machine.node}, ${machine.cpu} × ${machine.cores}; 1,000 flags, a new user for each call;`,
  )
  console.log(
    `CPU time per call, median of ${pace.rounds} interleaved rounds, × = same-round ratio to the bound\n`,
  )
  console.log(line(['', 'call', ...workloads.map((workload) => `${workload} ${WORKLOADS[workload]}`)]))
  for (const row of rows) {
    const name = [row.name, versions[row.name]].filter(Boolean).join(' ')
    const cells = workloads.map((workload) => {
      const figures = row.workloads[workload]
      return figures === undefined ? 'failed' : `${nanoseconds(figures.ns)}  ${figures.ratio.toFixed(1)}×`
    })
    console.log(line([name, row.async ? 'async' : 'sync', ...cells]))
  }
  console.log()
  for (const [workload, why] of Object.entries(NOT_IN_THIS_VERSION)) {
    console.log(`${workload}  not measured in this version: ${why}`)
  }
}

function line([name = '', call = '', ...cells]: readonly string[]): string {
  return `${name.padEnd(26)} ${call.padEnd(6)} ${cells.map((cell) => cell.padStart(24)).join('')}`
}

function nanoseconds(ns: number): string {
  return `${ns < 100 ? ns.toFixed(1) : ns.toFixed(0)} ns`
}

function failures(rows: readonly Result[]): string[] {
  return rows.flatMap(({ name, failure }) => (failure === undefined ? [] : `${name}: ${failure}`))
}

function fasterPeers(rows: readonly Result[]): string[] {
  const ours = rows.find(({ name }) => name === OURS)
  const peers = rows.filter(({ name }) => versions[name] !== undefined)
  return keysOf(WORKLOADS).flatMap((workload) => {
    const limit = ours?.workloads[workload]?.ratio ?? 0
    const faster = peers.filter((peer) => (peer.workloads[workload]?.ratio ?? Infinity) < limit)
    return faster.map(({ name }) => `${workload}: ${name} is faster`)
  })
}
