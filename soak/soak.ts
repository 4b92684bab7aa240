/**
 * `npm run soak`: every test of the promises R1 to R23 in its long form, and a table of what was done,
 * how often, and what came of it. `--short` takes the form that the suites have, `--only R5,R12` some
 * promises, `--json` prints rows for programs. `--reports <folder>` runs nothing and reads what the
 * suites of `npm test` have just reported.
 *
 * Exit code 1 where a promise is broken.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { findTests } from './find-tests.ts'
import { isPromiseId, PROMISE_IDS } from './promises.ts'
import { readShowings } from './reports.ts'
import { rowsOf } from './rows.ts'
import { closingLine, tableOf } from './table.ts'

/** Long tests take minutes, and one that hangs must still end. */
const LONG_TEST_MS = 40 * 60_000

const root = path.join(import.meta.dirname, '..')

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    reports: { type: 'string' },
  },
})

const wanted = values.only?.split(',').filter(isPromiseId) ?? PROMISE_IDS
const rows = rowsOf(values.reports === undefined ? runTests() : readShowings(values.reports)).filter((it) =>
  wanted.includes(it.id),
)
console.log(values.json ? JSON.stringify(rows, null, 2) : `${tableOf(rows)}\n\n${closingLine(rows)}`)
process.exitCode = rows.every((it) => it.result !== 'broken') ? 0 : 1

/** Runs what is wanted with Vitest; its progress goes to stderr. */
function runTests() {
  const files = findTests(root, wanted)
  console.error(`soak: ${values.short ? 'short' : 'long'} form, ${files.length} files`)
  const folder = mkdtempSync(path.join(tmpdir(), 'flagmarshal-soak-'))
  const report = path.join(folder, 'soak.json')
  const pattern = `(^| )(${wanted.join('|')}) `
  const limits = values.short ? [] : [`--testTimeout=${LONG_TEST_MS}`, `--hookTimeout=${LONG_TEST_MS}`]
  const reporting = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  // One file after the other: what is measured must not be disturbed by another measurement.
  spawnSync('vitest', ['run', '-t', pattern, '--no-file-parallelism', ...limits, ...reporting, ...files], {
    cwd: root,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    env: {
      ...process.env,
      FLAGMARSHAL_SOAK: values.short ? 'short' : 'long',
      PATH: `${path.join(root, 'node_modules', '.bin')}:${process.env['PATH']}`,
    },
  })
  const showings = readShowings(folder)
  rmSync(folder, { recursive: true, force: true })
  return showings
}
