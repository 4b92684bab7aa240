/**
 * Rules that others have on the same metrics (P-S4-9): both would call somebody for one cause, or
 * one would stay silent where the other calls.
 */
import { DRILL_SERIES } from './promql.ts'
import type { RuleFile } from './rule-file.ts'

/** A rule as Prometheus has it loaded. */
export interface LoadedRule {
  readonly group: string
  readonly file: string
  readonly name: string
  readonly query: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** `ok`, `err` or `unknown`: as Prometheus says it. */
  readonly health: string
  readonly lastError?: string
}

/** Another rule that reads a series of ours. */
export interface Conflict {
  readonly rule: string
  readonly group: string
  readonly file: string
  readonly metrics: readonly string[]
  /** `same-name`: receivers cannot tell them apart. `same-metrics`: both call for one cause. */
  readonly kind: 'same-name' | 'same-metrics'
}

const METRIC = /([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?=[{[])/g

/** The series that an expression names with a selector or a range. */
export function metricsOf(expression: string): readonly string[] {
  const quiet = expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
  return [...new Set([...quiet.matchAll(METRIC)].map(([, name = '']) => name))]
}

/** Rules of others, by what they share with ours. */
export function conflictsWith(ours: RuleFile, loaded: readonly LoadedRule[]): readonly Conflict[] {
  const groups = new Set(ours.groups.map((it) => it.name))
  const rules = ours.groups.flatMap((it) => it.rules)
  const names = new Set(rules.map((it) => it.alert))
  const metrics = new Set(rules.flatMap((it) => metricsOf(it.expr)).filter((it) => it !== DRILL_SERIES))
  return loaded
    .filter((it) => !groups.has(it.group) && !it.group.startsWith('flagmarshal/'))
    .flatMap(({ name, group, file, query }): Conflict[] => {
      const shared = metricsOf(query).filter((it) => metrics.has(it))
      if (names.has(name)) return [{ rule: name, group, file, metrics: shared, kind: 'same-name' }]
      return shared.length === 0 ? [] : [{ rule: name, group, file, metrics: shared, kind: 'same-metrics' }]
    })
}
