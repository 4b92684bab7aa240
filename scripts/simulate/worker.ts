/**
 * A thread of the simulation: runs a range of seeds of one cell and reports the outcomes.
 */
import { parentPort } from 'node:worker_threads'

import { cells } from './bars.ts'
import { run, type Outcome } from './run.ts'

/** What a thread is asked to run. */
export interface Batch {
  readonly cell: number
  /** Seeds, half-open. */
  readonly from: number
  readonly to: number
}

/** Seeds of two cells never meet. */
const SEEDS_PER_CELL = 1_000_000

const table = cells()

/** The outcomes of a batch, in the order of the seeds. */
export function runBatch({ cell, from, to }: Batch): Outcome[] {
  const chosen = table[cell]
  if (chosen === undefined) throw new RangeError(`there is no cell ${cell}`)
  const outcomes: Outcome[] = []
  for (let index = from; index < to; index++) {
    const settings = { ...chosen.settings, seed: (cell + 1) * SEEDS_PER_CELL + index }
    const outcome = run(settings)
    // Only the cell that compares logs needs one; thousands of them would be slow to hand over.
    let log = ''
    if (chosen.compareRestarts === true) {
      const again = run({ ...settings, restartEachTick: true })
      log = again.log === outcome.log ? 'identical' : 'differs'
    }
    outcomes.push({ ...outcome, log })
  }
  return outcomes
}

parentPort?.on('message', (batch: Batch) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(runBatch(batch))
})
