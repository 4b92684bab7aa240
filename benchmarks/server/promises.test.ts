/**
 * The promises about load, shown by the measurements of this folder. Wall time says something only
 * where nothing else runs, so a short run, which has other tests beside it, asks for all but that:
 * for what is counted, for memory, and for CPU time.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestContext } from 'vitest'

import { howMuch, record } from '../../tests/support/soak.ts'
import { keyBars } from '../bars.ts'
import { race } from '../rounds.ts'
import { BOUND, BY_KEY } from '../subject.ts'
import { measureChanges } from './changes.ts'
import { measureEvaluation } from './evaluation.ts'
import type { Line } from './line.ts'
import { serverFor } from './measured.ts'
import type { MeasuredServer } from './measured.ts'
import { measureIdle, measureSteady } from './steady.ts'
import { measureReconnects, measureStreams } from './streams.ts'

const LONG = howMuch(0, 1) === 1
const LIMIT = { timeout: howMuch(240_000, 1_800_000) }
const COUNT = howMuch(40, 1_000)
const AWAY_MS = howMuch(1_000, 5_000)
const STEADY = LONG
  ? { flags: 1_000, ms: 600_000, warmUpMs: 30_000 }
  : { flags: 20, ms: 4_000, warmUpMs: 1_000, loadMs: 1_000 }
const CHANGES = LONG
  ? { sdks: 200, flags: 1_000, rounds: 20 }
  : { sdks: 40, flags: 50, rounds: 1, loadMs: 1_000, crowd: 128 }
// One round of a busy machine is not exact.
const COSTS = LONG ? { rounds: 7, ms: 1_500 } : { rounds: 1, ms: 300, counts: [100], slack: 2 }

const open = new AsyncDisposableStack()
/** In a short run they share it; a long one measures each by itself. */
let shared: { readonly server?: MeasuredServer } = {}

beforeAll(async () => {
  if (!LONG) shared = { server: await serverFor(open, undefined) }
}, 120_000)
afterAll(() => open.disposeAsync())

test('R3 SDKs that have lost their server come back, spread over time', LIMIT, async (context) => {
  const lines = await measureReconnects(COUNT, AWAY_MS, shared.server)
  expect(
    missed(context, { done: `${COUNT} SDKs lost their server for ${AWAY_MS / 1_000} s`, times: 1 }, lines),
  ).toEqual([])
})

test(
  'R4 R23 a kill is everywhere, at half of the maximum load and in overload too, and each SDK has confirmed it',
  LIMIT,
  async (context) => {
    const lines = await measureChanges({ ...CHANGES, ...shared })
    const done = `kills and toggles at ${CHANGES.sdks} SDKs, in overload too`
    expect(missed(context, { done, times: 6 * CHANGES.rounds }, lines)).toEqual([])
  },
)

test('R21 what answers cost, beside the same work on bare HTTP', LIMIT, async (context) => {
  const lines = await measureEvaluation({ ...COSTS, ...shared })
  expect(
    missed(context, { done: 'answers timed in CPU, in rounds with their bound', times: COSTS.rounds }, lines),
  ).toEqual([])
})

test('R21 what the engine needs for an evaluation, beside a hand-written one', LIMIT, async (context) => {
  const [pace, workloads, slack] = LONG
    ? [{ rounds: 15, sliceMs: 50, warmMs: 250, starts: 0 }, ['W1', 'W2', 'W3', 'W4', 'W5'] as const, 1]
    : [{ rounds: 5, sliceMs: 10, warmMs: 60, starts: 0 }, ['W2', 'W3'] as const, 2]
  const races = await race([BOUND, BY_KEY], [{ flags: '1000', workloads }], pace)
  const bars = keyBars(races, slack).filter(({ measured }) => measured !== 'NaN×')
  expect([races.failures, bars.length]).toEqual([[], workloads.length])
  const lines = bars.map((it) => ({ what: it.says, figure: it.measured, holds: it.holds }))
  expect(
    missed(
      context,
      { done: 'evaluations timed in CPU, in rounds with their bound', times: pace.rounds },
      lines,
    ),
  ).toEqual([])
})

test('R22 at half of the maximum load memory stays flat and nothing fails', LIMIT, async (context) => {
  const lines = await measureSteady({ ...STEADY, ...shared })
  const done = `${STEADY.ms / 1_000} s at half of the maximum load, ${STEADY.flags} flags, a change each second`
  expect(missed(context, { done, times: 1 }, lines)).toEqual([])
})

test('R22 a server that nobody asks is small', LIMIT, async (context) => {
  const lines = await measureIdle(howMuch(50, 1_000), howMuch(1_000, 10_000), shared.server)
  expect(missed(context, { done: 'a server left alone', times: 1 }, lines)).toEqual([])
})

test('R23 a change reaches every open stream', LIMIT, async (context) => {
  const lines = await measureStreams(COUNT, shared.server)
  expect(missed(context, { done: 'a change with so many streams open', times: COUNT }, lines)).toEqual([])
})

/** Puts the lines into the table; answers those that do not hold. */
function missed(
  context: TestContext,
  shown: { readonly done: string; readonly times: number },
  lines: readonly Line[],
): readonly Line[] {
  record(context, { ...shown, result: lines.map(textOf).join('; ') })
  return lines.filter(({ wall, holds }) => holds === false && (LONG || wall !== true))
}

function textOf({ what, figure, bound }: Line): string {
  return `${what} ${figure}${bound === undefined ? '' : ` (bound ${bound})`}`
}
