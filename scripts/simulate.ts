/**
 * `npm run simulate`: the rollout engine against generated traffic on a virtual clock.
 *
 * Prints the table of the bars and exits 1 if one is missed. `--quick` runs a fortieth of each cell,
 * for the test suite; `--only TEXT` the cells whose bar or name holds the text.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'

import { cells } from './simulate/bars.ts'
import type { Cell } from './simulate/cell.ts'
import type { Outcome } from './simulate/run.ts'
import type { Batch } from './simulate/worker.ts'

const QUICK_PART = 40
const LEAST_RUNS = 5
const BATCH_RUNS = 25

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const started = performance.now()
const table = cells()
const chosen = [...table.keys()].filter((index) => {
  const cell = table[index]
  return values.only === undefined || `${cell?.bar} ${cell?.name}`.includes(values.only)
})

const batches: Batch[] = chosen.flatMap((cell) => {
  const runs = runsOf(table[cell])
  const starts = Array.from({ length: Math.ceil(runs / BATCH_RUNS) }, (_, batch) => batch * BATCH_RUNS)
  return starts.map((from) => ({ cell, from, to: Math.min(runs, from + BATCH_RUNS) }))
})
const outcomes = await runAll(batches)
let missed = 0
let bar = ''
for (const index of chosen) {
  const cell = table[index]
  if (cell === undefined) continue
  const result = cell.judge(outcomes.get(index) ?? [])
  if (cell.bar !== bar) console.log(`\n${cell.bar}`)
  bar = cell.bar
  missed += result.passed ? 0 : 1
  const runs = `${runsOf(cell)} runs`
  const columns = [
    cell.name.padEnd(70),
    runs.padStart(10),
    result.observed.padEnd(58),
    result.limit.padEnd(16),
  ]
  console.log(`  ${columns.join('  ')} ${result.passed ? 'ok' : 'MISSED'}`)
}
const seconds = Math.round((performance.now() - started) / 1000)
console.log(
  `\n${missed === 0 ? 'every bar held' : `${missed} bars missed`}, ${seconds} s${values.quick ? ', quick: few runs, a smoke test only' : ''}`,
)
process.exitCode = missed === 0 ? 0 : 1

function runsOf(cell: Cell | undefined): number {
  if (cell === undefined) return 0
  return values.quick ? Math.max(LEAST_RUNS, Math.floor(cell.runs / QUICK_PART)) : cell.runs
}

/** Hands batches to threads until none is left; the outcomes of a cell are the same however many threads there are. */
async function runAll(todo: readonly Batch[]): Promise<Map<number, Outcome[]>> {
  const done = new Map<Batch, Outcome[]>()
  const waiting = [...todo]
  const threads = Array.from({ length: Math.min(availableParallelism(), todo.length) }, () =>
    drain(waiting, done),
  )
  await Promise.all(threads)
  const byCell = new Map<number, Outcome[]>()
  for (const batch of todo)
    byCell.set(batch.cell, [...(byCell.get(batch.cell) ?? []), ...(done.get(batch) ?? [])])
  return byCell
}

async function drain(waiting: Batch[], done: Map<Batch, Outcome[]>): Promise<void> {
  const worker = new Worker(new URL('./simulate/worker.ts', import.meta.url))
  try {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      done.set(batch, await answerOf(worker, batch))
      showProgress(done.size, done.size + waiting.length)
    }
  } finally {
    await worker.terminate()
  }
}

/** On a terminal only: the table comes at the end, and that takes minutes. */
function showProgress(finished: number, all: number): void {
  if (!process.stderr.isTTY) return
  const percent = Math.floor((100 * finished) / all)
  process.stderr.write(`\r${percent} % simulated${finished === all ? '\n' : ''}`)
}

function answerOf(worker: Worker, batch: Batch): Promise<Outcome[]> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (outcomes: Outcome[]) => {
      worker.off('error', reject)
      resolve(outcomes)
    })
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(batch)
  })
}
