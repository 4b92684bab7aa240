/**
 * The rule file of Prometheus for one plan: a group with its thresholds, one a burn rate, and one with
 * the rules that watch the watcher. Plain objects; whoever writes the file turns them into YAML.
 *
 * Prometheus 2.42 refuses `labels` and `query_offset` of a group, so neither is used.
 */
import { commandWord } from '../flag/key.ts'
import type { DrillPlace } from './promql.ts'
import type { ArmQueries } from './promql.ts'
import { expressionOf, promDuration, quoted } from './promql.ts'
import type { AlertRule, Urgency } from './rule.ts'

/** What the rules are for. */
export interface RuleSubject extends DrillPlace {
  readonly feature: string
  readonly rules: readonly AlertRule[]
  /** By criterion. A rule whose criterion has none is left out: it is evaluated elsewhere. */
  readonly queries: Readonly<Record<string, ArmQueries>>
  /** How long a criterion may be without data, by criterion, in ms. */
  readonly blindBudgets: Readonly<Record<string, number>>
  /** Who is called, by criterion; of the others `person`. */
  readonly people: Readonly<Record<string, string>>
  readonly person: string
  /** Where this server is reached by people, without a slash at its end. */
  readonly address: string
  /** Names the runbook page of a criterion's alert. */
  readonly runbook: (criterion: string) => string
  readonly windowMs: number
}

export interface PromRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface RuleGroup {
  readonly name: string
  readonly interval: string
  readonly rules: readonly PromRule[]
}

export interface RuleFile {
  readonly groups: readonly RuleGroup[]
}

/** A rule without a tick for this long is late, whatever its windows are. */
const LEAST_OVERDUE_MS = 60_000
const ABSENT_MS = 120_000
/** A slower evaluation would see a breach late, a faster one would see nothing new. */
const LONGEST_INTERVAL_MS = 30_000

const NAMES = { threshold: 'RolloutThreshold', outage: 'RolloutOutage', burn: 'RolloutBurn' } as const
/** As Alertmanager's routes usually have it. */
const SEVERITIES: Readonly<Record<Urgency, string>> = { page: 'critical', ticket: 'warning' }

/** The whole file. */
export function ruleFile(subject: RuleSubject): RuleFile {
  return { groups: [thresholdGroup(subject), ...burnGroups(subject), watchGroup(subject)] }
}

/** What every group of a subject is named after. */
export function groupPrefix({ project, environment, flag }: DrillPlace): string {
  return `flagmarshal/${project}/${environment}/${flag}`
}

/** Thresholds and outages. */
export function thresholdGroup(subject: RuleSubject): RuleGroup {
  const rules = subject.rules.filter((it) => it.kind !== 'burn')
  return group(subject, 'thresholds', intervalOf(subject), rulesOf(subject, rules))
}

/** A group for each burn rate: they look back far, and none is to delay the others. */
export function burnGroups(subject: RuleSubject): readonly RuleGroup[] {
  return subject.rules
    .filter((it) => it.kind === 'burn' && subject.queries[it.criterion] !== undefined)
    .map((it) => group(subject, it.id, intervalOf(subject), rulesOf(subject, [it])))
}

/** The dead-man rule on the last tick, and what else says that nobody is looking. */
export function watchGroup(subject: RuleSubject): RuleGroup {
  const { project, environment, flag } = subject
  const place = selector({ project, environment, flag })
  const overdueMs = Math.max(LEAST_OVERDUE_MS, 5 * subject.windowMs)
  const blind = Object.entries(subject.blindBudgets).map(([criterion, budgetMs]) =>
    ownRule(subject, {
      id: `${criterion}-blind`,
      alert: 'RolloutBlind',
      expr: `max(flagmarshal_blind_seconds{${selector({ project, environment, flag, criterion })}}) > ${budgetMs / 1000}`,
      summary: `The criterion ${criterion} of ${flag} in ${environment} has been without data for longer than it may be.`,
    }),
  )
  return group(subject, 'watch', intervalOf(subject), [
    ownRule(subject, {
      id: 'tick-overdue',
      alert: 'RolloutTickOverdue',
      expr: `time() - max(flagmarshal_last_tick_timestamp{${place}}) > ${overdueMs / 1000}`,
      summary: `Nobody has looked at the rollout of ${flag} in ${environment} for ${promDuration(overdueMs)}.`,
    }),
    ownRule(subject, {
      id: 'flagmarshal-absent',
      alert: 'FlagmarshalAbsent',
      expr: 'absent(flagmarshal_rollouts_active)',
      forMs: ABSENT_MS,
      summary: 'Prometheus gets no metrics of Flagmarshal: nothing says whether rollouts are looked at.',
    }),
    ownRule(subject, {
      id: 'changed-from-outside',
      alert: 'RolloutConflict',
      expr: `max(flagmarshal_rollout_held{${selector({ project, environment, flag, reason: 'conflict' })}}) > 0`,
      summary: `The flag ${flag} in ${environment} was changed outside of its rollout, which holds.`,
    }),
    ...blind,
  ])
}

function group(
  subject: RuleSubject,
  name: string,
  intervalMs: number,
  rules: readonly PromRule[],
): RuleGroup {
  return { name: `${groupPrefix(subject)}/${name}`, interval: promDuration(intervalMs), rules }
}

function intervalOf({ windowMs }: RuleSubject): number {
  return Math.min(Math.max(1_000, windowMs), LONGEST_INTERVAL_MS)
}

function rulesOf(subject: RuleSubject, rules: readonly AlertRule[]): readonly PromRule[] {
  return rules.flatMap((rule) => {
    const queries = subject.queries[rule.criterion]
    if (queries === undefined) return []
    return [
      {
        alert: NAMES[rule.kind],
        expr: expressionOf(rule, queries, subject),
        ...(rule.forMs === 0 ? {} : { for: promDuration(rule.forMs) }),
        labels: {
          ...placeLabels(subject),
          severity: SEVERITIES[rule.urgency],
          class: rule.class,
          criterion: rule.criterion,
          rule: rule.id,
          person: subject.people[rule.criterion] ?? subject.person,
        },
        annotations: { summary: summaryOf(subject, rule), ...linksOf(subject, rule.id, rule.criterion) },
      },
    ]
  })
}

function ownRule(
  subject: RuleSubject,
  it: {
    readonly id: string
    readonly alert: string
    readonly expr: string
    readonly forMs?: number
    readonly summary: string
  },
): PromRule {
  return {
    alert: it.alert,
    expr: it.expr,
    ...(it.forMs === undefined ? {} : { for: promDuration(it.forMs) }),
    labels: {
      ...placeLabels(subject),
      severity: 'critical',
      class: 'critical',
      rule: it.id,
      person: subject.person,
    },
    annotations: { summary: it.summary, ...linksOf(subject, it.id) },
  }
}

function placeLabels({ project, environment, flag, feature }: RuleSubject): Record<string, string> {
  return { project, environment, flag, feature }
}

function linksOf(subject: RuleSubject, rule: string, criterion?: string): Record<string, string> {
  const { project, environment, flag, address } = subject
  return {
    ...(criterion === undefined ? {} : { runbook_url: subject.runbook(criterion) }),
    kill_url: `${address}/k/${project}/${environment}/${encodeURIComponent(flag)}`,
    kill_command: `flagmarshal kill ${commandWord(flag)} -e ${environment} --reason "alert ${rule}" --wait 10s`,
  }
}

function summaryOf({ flag, environment }: RuleSubject, rule: AlertRule): string {
  const share = `${Number((rule.threshold * 100).toPrecision(4))} %`
  const about = rule.class === 'performance' ? 'slow requests' : 'bad requests'
  const spans = rule.windowsMs.map(promDuration).join(' and ')
  return `More than ${share} ${about} of those exposed to ${flag} in ${environment}, over ${spans} (${rule.criterion}).`
}

function selector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(',')
}
