/**
 * Unit tests of the generated rules, for `promtool test rules`: each fires above its threshold, stays
 * quiet below it, and says nothing where there is no series at all.
 *
 * The series are made from the selectors of the criterion's own queries where these name every label
 * exactly; where they do not, the rule is tested with the drill's series alone, and the answer says so.
 */
import { DRILL_SERIES, promDuration, quoted } from './promql.ts'
import { burnGroups, thresholdGroup } from './rule-file.ts'
import type { PromRule, RuleFile, RuleGroup, RuleSubject } from './rule-file.ts'
import type { AlertRule } from './rule.ts'

interface Series {
  readonly series: string
  readonly values: string
}

interface AlertTest {
  readonly eval_time: string
  readonly alertname: string
  readonly exp_alerts: readonly {
    readonly exp_labels: Readonly<Record<string, string>>
    readonly exp_annotations: Readonly<Record<string, string>>
  }[]
}

export interface RuleTest {
  readonly name: string
  readonly interval: string
  readonly input_series: readonly Series[]
  readonly alert_rule_test: readonly AlertTest[]
}

/** Rules, and the tests of them: each pair is run by itself. */
export interface RuleTests {
  readonly name: string
  readonly rules: RuleFile
  readonly tests: readonly RuleTest[]
}

/** Which series the rules of a criterion were tested with. */
export type TestedWith = 'application' | 'drill'

const SLOWEST_MS = 300_000
/** Requests a second in the tests. */
const RATE = 100

/** All of them. */
export function ruleTests(subject: RuleSubject): readonly RuleTests[] {
  const groups = [thresholdGroup(subject), ...burnGroups(subject)].filter((it) => it.rules.length > 0)
  return groups.map((group, index) => ({
    name: `tests-${index + 1}`,
    rules: { groups: [{ ...group, interval: promDuration(evaluatedEveryMs(subject, group)) }] },
    tests: group.rules.flatMap((it) => testsOf(subject, it, group.rules)),
  }))
}

/** What each criterion's rules can be tested with. */
export function testedWith(subject: RuleSubject): Readonly<Record<string, TestedWith>> {
  return Object.fromEntries(
    Object.entries(subject.queries).map(([criterion, { side, total }]) => [
      criterion,
      seriesOf(side) === undefined || seriesOf(total) === undefined ? 'drill' : 'application',
    ]),
  )
}

/** Days are simulated: evaluated as often as in Prometheus that would take minutes and show nothing more. */
function evaluatedEveryMs({ rules }: RuleSubject, group: RuleGroup): number {
  const ids = group.rules.map((it) => it.labels['rule'])
  const shortest = rules.filter((it) => ids.includes(it.id)).map((it) => it.windowsMs[0] ?? 0)
  return Math.max(100, Math.min(Math.min(...shortest) / 10, SLOWEST_MS))
}

function testsOf(subject: RuleSubject, rule: PromRule, group: readonly PromRule[]): readonly RuleTest[] {
  const spec = subject.rules.find((it) => it.id === rule.labels['rule'])
  const queries = subject.queries[spec?.criterion ?? '']
  if (spec === undefined || queries === undefined) return []
  const timing = timingOf(spec)
  const high = shareAbove(spec)
  const low = spec.threshold * 0.8
  const test = (name: string, series: readonly Series[], expected: AlertTest['exp_alerts']): RuleTest => ({
    name: `${spec.id}: ${name}`,
    interval: promDuration(timing.intervalMs),
    input_series: series,
    alert_rule_test: [
      { eval_time: promDuration(timing.lengthMs), alertname: rule.alert, exp_alerts: expected },
    ],
  })
  const [side, total] = [seriesOf(queries.side), seriesOf(queries.total)]
  const counted = (name: string, share: number) => {
    if (side === undefined || total === undefined) return []
    const series = counters({ side, total }, queries.good ? 1 - share : share, timing)
    return [test(name, series, firingAt(subject, { rule, group }, share))]
  }
  const drill = { drill: 'drill_test', nonce: 'test' }
  const injected = (share: number) => [gauge(subject, spec.id, share, timing)]
  return [
    ...counted('fires above the threshold', high),
    ...counted('is quiet below the threshold', low),
    test('fires for a drill, under its labels', injected(high), [expected(rule, drill)]),
    test('is quiet for a drill below the threshold', injected(low), []),
    test('says nothing without any series', [], []),
  ]
}

/** The alerts of a rule's name at a share of its series: rules on the same series are told apart by their labels. */
function firingAt(
  { rules, queries }: RuleSubject,
  { rule, group }: { readonly rule: PromRule; readonly group: readonly PromRule[] },
  share: number,
): AlertTest['exp_alerts'] {
  const own = queries[rule.labels['criterion'] ?? '']
  return group
    .filter((it) => it.alert === rule.alert)
    .filter((it) => {
      const spec = rules.find((one) => one.id === it.labels['rule'])
      const its = queries[spec?.criterion ?? '']
      if (spec === undefined || its?.side !== own?.side || its?.total !== own?.total) return false
      return share > spec.threshold
    })
    .map((it) => expected(it, { arm: 'exposed' }))
}

function expected(
  { labels, annotations }: PromRule,
  more: Readonly<Record<string, string>>,
): AlertTest['exp_alerts'][number] {
  return { exp_labels: { ...labels, ...more }, exp_annotations: annotations }
}

function shareAbove({ threshold }: AlertRule): number {
  return Math.min(1, threshold + (1 - threshold) * 0.1 + threshold * 0.1)
}

interface Timing {
  readonly intervalMs: number
  readonly lengthMs: number
}

/** As many samples as the short window needs, for as long as the long one is. */
function timingOf({ windowsMs, forMs }: AlertRule): Timing {
  const [shortest = 0] = windowsMs
  const intervalMs = Math.max(100, Math.floor(shortest / 10))
  const needed = (windowsMs.at(-1) ?? 0) + 3 * forMs + 20 * intervalMs
  return { intervalMs, lengthMs: Math.ceil(needed / intervalMs) * intervalMs }
}

function gauge(subject: RuleSubject, rule: string, share: number, timing: Timing): Series {
  const { project, environment, flag } = subject
  const labels = { project, environment, flag, rule, drill: 'drill_test', nonce: 'test' }
  return { series: `${DRILL_SERIES}${braces(labels)}`, values: `${share}x${steps(timing)}` }
}

function counters(
  { side, total }: { readonly side: readonly Selected[]; readonly total: readonly Selected[] },
  share: number,
  timing: Timing,
): readonly Series[] {
  const perStep = (RATE * timing.intervalMs) / 1000
  const own = total.map((it) => count(it, perStep, timing))
  const others = side
    .filter((it) => !total.some((one) => nameOf(one) === nameOf(it)))
    .map((it) => count(it, perStep * share, timing))
  return [...own, ...others]
}

function count(it: Selected, perStep: number, timing: Timing): Series {
  return { series: nameOf(it), values: `0+${Number(perStep.toPrecision(12))}x${steps(timing)}` }
}

function steps({ intervalMs, lengthMs }: Timing): number {
  return Math.ceil(lengthMs / intervalMs)
}

interface Selected {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

function nameOf({ name, labels }: Selected): string {
  return `${name}${braces({ ...labels, arm: 'exposed' })}`
}

function braces(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${quoted(value)}`)
  return `{${pairs.join(',')}}`
}

const RANGE = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})?\[/g
const MATCHER = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*")\s*$/

/** The counters that a query reads; undefined where one is not named exactly. */
function seriesOf(query: string): readonly Selected[] | undefined {
  const found = [...query.matchAll(RANGE)].map(([, name = '', matchers]) => {
    const labels = labelsOf(matchers)
    return labels === undefined ? undefined : { name, labels }
  })
  const exact = found.filter((it) => it !== undefined)
  return exact.length === 0 || exact.length < found.length ? undefined : exact
}

function labelsOf(matchers: string | undefined): Record<string, string> | undefined {
  const labels: Record<string, string> = {}
  for (const one of (matchers ?? '').split(',').filter((it) => it.trim() !== '')) {
    const [, name, value] = MATCHER.exec(one) ?? []
    if (name === undefined || value === undefined) return undefined
    const text: unknown = JSON.parse(value)
    labels[name] = String(text)
  }
  return labels
}
