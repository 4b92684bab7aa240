import { measureChanges } from './changes.ts'
/**
 * `npm run bench:server`: what the server needs for an answer, how fast a change is everywhere, and
 * what it does under load. `-- evaluation writes …` measures only these parts, `--quick` in less time.
 * Prints tables, and exits 1 where a bound is missed.
 */
import { measureEdge } from './edge.ts'
import { measureEvaluation } from './evaluation.ts'
import type { Line } from './line.ts'
import { measureIdle, measureSteady } from './steady.ts'
import { measureReconnects, measureStreams } from './streams.ts'
import { measureWrites } from './writes.ts'

/** One part: prints nothing itself. */
type Part = (quick: boolean) => Promise<readonly Line[]>

const PARTS: Readonly<Record<string, Part>> = {
  edge: (quick) =>
    measureEdge(quick ? { streams: 200, changes: 5, ms: 500 } : { streams: 1_000, changes: 20, ms: 3_000 }),
  evaluation: (quick) => measureEvaluation(quick ? { rounds: 3, ms: 500 } : { rounds: 7, ms: 1_500 }),
  writes: (quick) => measureWrites(quick ? 300 : 2_000),
  streams: (quick) => measureStreams(quick ? 200 : 1_000),
  reconnects: (quick) => measureReconnects(quick ? 200 : 1_000, 5_000),
  idle: () => measureIdle(1_000, 10_000),
  steady: (quick) =>
    measureSteady(
      quick ? { flags: 200, ms: 20_000, warmUpMs: 10_000 } : { flags: 1_000, ms: 600_000, warmUpMs: 30_000 },
    ),
  changes: (quick) => measureChanges({ sdks: 200, flags: quick ? 400 : 1_000, rounds: quick ? 5 : 20 }),
}

const asked = process.argv.slice(2).filter((it) => !it.startsWith('--'))
const unknown = asked.find((it) => !(it in PARTS))
if (unknown !== undefined) throw new Error(`${unknown} is none of ${Object.keys(PARTS).join(', ')}`)

let missed = 0
for (const [name, measure] of Object.entries(PARTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(`\n${name}`)
  for (const { what, figure, bound, holds } of await measure(process.argv.includes('--quick'))) {
    const verdict = holds === undefined ? '' : holds ? 'ok' : 'MISSED'
    console.log(`  ${what.padEnd(44)} ${figure.padStart(34)}  ${(bound ?? '').padStart(12)}  ${verdict}`)
    if (holds === false) missed++
  }
}
process.exitCode = missed === 0 ? 0 : 1
