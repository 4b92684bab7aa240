/**
 * What a query of a criterion may be.
 *
 * A *selector* of counters, like `shop_errors_total{flag="search"}`: the samples themselves are read
 * and counted exactly, so nothing is extrapolated and a restart of a process is no negative count.
 * Or an *expression* with `$window` in place of the window's length, like
 * `sum by (arm) (increase(shop_errors_total[$window]))`: evaluated as it is, one series for each arm.
 * Prometheus extrapolates `increase` to the ends of the window, so its counts vary more than those
 * of a selector.
 */
import type { PrometheusSource } from './model.ts'

export type QueryForm = 'selector' | 'expression'

const STRING = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`
const MATCHERS = String.raw`\{(?:[^"'{}]|${STRING})*\}`
const SELECTOR = new RegExp(String.raw`^(?:[A-Za-z_:][\w:]*\s*(?:${MATCHERS})?|${MATCHERS})$`)
const WINDOW = /\$window\b/g

/** Which of the two it is; undefined where it is neither. */
export function queryForm(query: string): QueryForm | undefined {
  if (query.search(WINDOW) >= 0) return 'expression'
  return SELECTOR.test(query.trim()) ? 'selector' : undefined
}

/** An expression with the length of the window filled in. */
export function expressionOf(query: string, windowMs: number): string {
  return query.replaceAll(WINDOW, `${windowMs}ms`)
}

/** What is wrong with the queries of a source, before anybody is asked; an empty list is fine. */
export function queryFaults({ total, bad, good }: PrometheusSource): string[] {
  const sides = [bad, good].filter((it) => it !== undefined)
  if (sides.length !== 1) return ['names either what is bad or what is good']
  const forms = [total, ...sides].map(queryForm)
  if (forms.includes(undefined)) {
    return ['a query is a selector of counters, or an expression with $window in place of the length']
  }
  return forms[0] === forms[1] ? [] : ['both queries are selectors, or both are expressions']
}
