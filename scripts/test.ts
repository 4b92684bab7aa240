/**
 * `npm test` and, with `--fast`, `npm run check`: every check that the project has, one after the
 * other, each with its time, and one closing line that counts them all. Nothing is skipped silently:
 * what a suite skipped is named, and a check that could not run counts as failed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Check {
  readonly name: string
  readonly command: readonly string[]
  /** Part of `npm run check`. */
  readonly fast: boolean
  /** A Vitest suite: its tests are counted one by one. Any other check counts as one. */
  readonly suite?: true
}

interface Count {
  passed: number
  failed: number
  skipped: string[]
}

const reports = mkdtempSync(join(tmpdir(), 'flagmarshal-test-'))

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '-b'], fast: true },
  { name: 'lint', command: ['oxlint', '--type-aware'], fast: true },
  { name: 'format', command: ['oxfmt', '--check', '.'], fast: true },
  { name: 'dead code', command: ['knip', '--no-progress'], fast: true },
  { name: 'unit', command: ['vitest', 'run', '--project', 'unit'], fast: true, suite: true },
  { name: 'server', command: ['vitest', 'run', '--project', 'server'], fast: false, suite: true },
  { name: 'conformance', command: ['vitest', 'run', '--project', 'conformance'], fast: false, suite: true },
  { name: 'monitoring', command: ['vitest', 'run', '--project', 'monitoring'], fast: false, suite: true },
  { name: 'browser', command: ['vitest', 'run', '--project', 'browser'], fast: false, suite: true },
  { name: 'demo', command: ['vitest', 'run', '--project', 'demo'], fast: false, suite: true },
  // The tests of the promises have run in the suites: their reports are read, and nothing runs twice.
  { name: 'promises', command: ['node', 'soak/soak.ts', '--reports', reports], fast: false },
  { name: 'simulation', command: ['node', 'scripts/simulate.ts', '--quick'], fast: false },
]

const root = join(import.meta.dirname, '..')
const fast = process.argv.includes('--fast')
const total: Count = { passed: 0, failed: 0, skipped: [] }

for (const check of checks.filter((it) => it.fast || !fast)) {
  const { passed, failed, skipped } = run(check)
  total.passed += passed
  total.failed += failed
  total.skipped.push(...skipped)
}
rmSync(reports, { recursive: true, force: true })

for (const title of total.skipped) console.log(`skipped: ${title}`)
const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : ''
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`)
process.exitCode = total.failed === 0 ? 0 : 1

function run(check: Check): Count {
  console.log(`\n── ${check.name} ──`)
  const report = join(reports, `${check.name}.json`)
  const started = performance.now()
  const [program = '', ...args] = check.command
  const reporting = check.suite ? ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`] : []
  const ended = spawnSync(program, [...args, ...reporting], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}` },
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const green = ended.status === 0
  const count = check.suite
    ? readReport(report, green)
    : { passed: green ? 1 : 0, failed: green ? 0 : 1, skipped: [] }
  console.log(
    `${green ? 'ok' : 'FAILED'}: ${check.name}, ${count.passed} passed, ${count.failed} failed, ${seconds} s`,
  )
  return count
}

/** Counts of a Vitest JSON report. A suite that failed without a failed test (it did not load, say) still counts as one failure. */
function readReport(path: string, green: boolean): Count {
  const results = readSuite(path)
  const titles = (status: string) => results.filter((it) => it.status === status).map((it) => it.fullName)
  const failed = titles('failed').length
  return {
    passed: titles('passed').length,
    failed: !green && failed === 0 ? 1 : failed,
    skipped: [...titles('skipped'), ...titles('pending'), ...titles('todo')],
  }
}

function readSuite(path: string): { status: string; fullName: string }[] {
  try {
    const report: { testResults: { assertionResults: { status: string; fullName: string }[] }[] } =
      JSON.parse(readFileSync(path, 'utf8'))
    return report.testResults.flatMap((file) => file.assertionResults)
  } catch {
    return []
  }
}
