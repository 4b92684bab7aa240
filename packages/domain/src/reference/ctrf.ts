/**
 * Test results in the Common Test Report Format. Format: https://ctrf.io/docs/specification/overview
 */
import { MOST_FAILING } from './model.ts'
import type { TestResults } from './model.ts'

/** The totals of a CTRF report, counted from its tests and held against its own summary. */
export function readCtrf(report: unknown): TestResults {
  const results = memberOf(report, 'results')
  const tests = memberOf(results, 'tests')
  const summary = memberOf(results, 'summary')
  if (!Array.isArray(tests) || !isObject(summary)) {
    return { unreadable: 'it is JSON, but no CTRF report: results.tests or results.summary is missing' }
  }
  const states = tests.map((it) => memberOf(it, 'status'))
  const count = (...wanted: readonly unknown[]) => states.filter((it) => wanted.includes(it)).length
  const total = tests.length
  const passed = count('passed')
  const skipped = count('skipped', 'pending')
  const failed = total - passed - skipped
  for (const [name, counted] of [
    ['tests', total],
    ['passed', passed],
    ['failed', count('failed')],
  ] as const) {
    if (summary[name] !== counted) {
      return { unreadable: `its summary says ${name} ${String(summary[name])}, its tests say ${counted}` }
    }
  }
  const failing = tests
    .filter((_, index) => !['passed', 'skipped', 'pending'].includes(String(states[index])))
    .slice(0, MOST_FAILING)
    .map((it) => String(memberOf(it, 'name')).slice(0, 200))
  return { format: 'ctrf', total, passed, failed, skipped, failing }
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
