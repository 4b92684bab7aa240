/** Document 2: the rollout plan. */
import type { JsonObject } from '../procedure/run.ts'
import { durationWords } from './duration-words.ts'
import type { DocumentFacts } from './facts.ts'
import { linesAt, rowsAt, textAt, valueAt, withUnit } from './facts.ts'
import { decisionsTable } from './strategy-document.ts'
import type { Block, Document, Line } from './tree.ts'
import { fields, list, section, table, text } from './tree.ts'

export const PLAN_OUTLINE = [
  'summary',
  'people',
  'expectations',
  'stages',
  'criteria',
  'monitoring',
  'calendar',
  'communication',
  'rollback',
  'decisions',
] as const

export function planDocument(facts: DocumentFacts): Document {
  const output = facts.outputs['plan']
  const at = (path: string) => textAt(output, path)
  return {
    name: 'rollout-plan',
    title: `Rollout plan: ${facts.feature.name}`,
    sections: [
      section('summary', 'In one line', text(summaryOf(facts))),
      section('people', 'People', peopleTable(facts)),
      section(
        'expectations',
        'Expectations',
        fields([
          ['What should happen', at('expectations.shouldHappen')],
          ['What might go wrong', at('expectations.mightGoWrong')],
          ['What to watch', at('expectations.watch')],
          ['Business requirements', at('review.business')],
          ['User impact', at('review.userImpact')],
          ['Open points of the tests', at('review.openTestPoints')],
          ['Runbooks', at('review.runbooks')],
        ]),
      ),
      section('stages', 'Stages', stagesTable(facts), observeText(facts)),
      section('criteria', 'Go and No-Go', criteriaTable(facts), confidenceOf(facts)),
      section('monitoring', 'Monitoring requirements', monitoringOf(facts)),
      section('calendar', 'Timeline', calendarOf(facts), reviewsOf(facts)),
      section(
        'communication',
        'Communication',
        list(
          facts.feature.stakeholders.map(
            (it) => `${it} is told when the plan is approved and when the run ends.`,
          ),
          'Nobody beyond the three roles has to be told.',
        ),
      ),
      section('rollback', 'Rollback', rollbackOf(facts)),
      section('decisions', 'Decisions', decisionsTable(facts, [3])),
    ],
  }
}

const ADVANCED_BY: Readonly<Record<string, string>> = {
  manual: 'a person',
  auto: 'the engine, on its evidence',
}

/** Who holds each role for the feature. */
export function peopleTable({ people, feature }: DocumentFacts): Block {
  const rows = Object.entries(people).map(([role, ids]) => [role, ids.join(', ')])
  return table(['Role', 'Who'], [...rows, ['owning team', feature.team]])
}

/** The criteria as the plan has them. */
export function criteriaTable({ outputs }: DocumentFacts): Block {
  const rows = rowsAt(outputs['plan'], 'plan.criteria').map((it): readonly Line[] => [
    textAt(it, 'id'),
    textAt(it, 'role'),
    measureOf(it),
    limitOf(it),
    textAt(it, 'onFail') || 'roll-back',
  ])
  return table(['Criterion', 'Role', 'Measures', 'Limits', 'On failure'], rows)
}

function summaryOf(facts: DocumentFacts): string {
  const plan = valueAt(facts.outputs['plan'], 'plan')
  const stages = rowsAt(plan, 'stages')
  const known = ['environment', 'treatment', 'control'].every((it) => textAt(plan, it) !== '')
  if (stages.length === 0 || !known) return ''
  const increments = stages.flatMap((it) => linesAt(it, 'increments')).length
  return `${facts.feature.name} replaces ${textAt(plan, 'control')} by ${textAt(plan, 'treatment')} of ${facts.feature.flag} in ${textAt(plan, 'environment')}, in ${stages.length} ${stages.length === 1 ? 'stage' : 'stages'} and ${increments} increments.`
}

function stagesTable({ outputs }: DocumentFacts): Block {
  const shares = valueAt(outputs['plan'], 'audienceShares')
  const rows = rowsAt(outputs['plan'], 'plan.stages').map((it): readonly Line[] => {
    const segment = textAt(it, 'audience.segment')
    const share = textAt(shares, textAt(it, 'audience.id'))
    return [
      textAt(it, 'name'),
      segment === ''
        ? textAt(it, 'audience.id')
        : `segment ${segment}${share === '' ? '' : ` (${shareWords(share)} of everybody)`}`,
      linesAt(it, 'increments')
        .map((one) => `${one} %`)
        .join(', '),
      textAt(it, 'limit') === '' ? 'none' : `${textAt(it, 'limit')} % of everybody`,
      durationWords(valueAt(it, 'bakeMs')),
      durationWords(valueAt(it, 'maxMs')),
      ADVANCED_BY[textAt(it, 'advance')] ?? '',
    ]
  })
  return table(['Stage', 'Audience', 'Increments', 'Limit', 'Bake time', 'At most', 'Advanced by'], rows)
}

function observeText({ outputs }: DocumentFacts): Block {
  const plan = valueAt(outputs['plan'], 'plan')
  const [windows, windowMs] = [Number(textAt(plan, 'observeWindows')), Number(textAt(plan, 'windowMs'))]
  if (textAt(plan, 'observeWindows') === '' || textAt(plan, 'windowMs') === '') return text('')
  const length =
    windows === 0 ? `not at all: ${textAt(plan, 'observeReason')}` : durationWords(windows * windowMs)
  return text(`Before anybody is exposed, both arms are observed: ${length}.`)
}

function confidenceOf({ outputs }: DocumentFacts): Block {
  const at = (path: string) => textAt(outputs['plan'], `plan.${path}`)
  const absolute = at('absoluteOnly.by')
  return fields([
    ['Chance of a wrong rollback', at('alpha')],
    ['Chance of a wrong Go', at('beta')],
    [
      'Dispersion',
      at('phi') === '' ? 'measured while observing' : `${at('phi')}: ${at('phiReason') || 'declared'}`,
    ],
    [
      'Judged against the control',
      absolute === '' ? 'yes' : `no, against the ceiling alone: ${absolute}, ${at('absoluteOnly.reason')}`,
    ],
    [
      'Too little traffic',
      at('lowTraffic.policy') === 'time' ? `time decides: ${at('lowTraffic.reason')}` : 'a person decides',
    ],
    ['Kept out until the last Go', withUnit(at('holdback'), '%')],
  ])
}

function monitoringOf({ outputs }: DocumentFacts): Block {
  const at = (path: string) => textAt(outputs['plan'], `monitoring.${path}`)
  const minutes = at('reviewEveryMinutes')
  return fields([
    ['Key metrics', at('keyMetrics')],
    ['Dashboards', at('dashboards')],
    ['Reviewed', minutes === '' ? '' : `every ${minutes} minutes while it runs`],
  ])
}

function calendarOf({ outputs }: DocumentFacts): Block {
  const at = (path: string) => textAt(outputs['plan'], path)
  return fields([
    ['Start', at('timeline.start') || 'when the rollout is started'],
    ['Expected completion', at('timeline.expectedCompletion') || 'start and the bake times above'],
    ['Answers to', at('review.timeline')],
  ])
}

/** The reviews that the rollout itself asks for (P-X5), in words. */
function reviewsOf({ outputs }: DocumentFacts): Block {
  const reviews = valueAt(outputs['plan'], 'plan.reviews')
  if (reviews === undefined) return list([], 'The rollout asks nobody for a review while it runs.')
  const [every, grace] = ['everyMs', 'graceMs'].map((it) => durationWords(valueAt(reviews, it)))
  const who = [textAt(reviews, 'role'), ...linesAt(reviews, 'people')].join(', ')
  return list([
    ...(every === '' ? [] : [`Every ${every} the verdicts are reviewed by: ${who}.`]),
    ...linesAt(reviews, 'checkpoints').map(
      (it) => `Checkpoint ${it}: it does not go on without a review by: ${who}.`,
    ),
    `A review is missed when it is late by ${grace || every || 'a day'}: a checkpoint then holds the rollout, the frequency reminds and escalates.`,
  ])
}

function rollbackOf({ outputs, feature }: DocumentFacts): Block {
  const rows = rowsAt(outputs['rollback'], 'triggers').map(
    (it) => `${textAt(it, 'class')}: ${textAt(it, 'event')}`,
  )
  return list([
    ...rows,
    `While it runs: flagmarshal rollout rollback ${feature.key} --reason "…". The procedures are in rollback-procedures.md.`,
  ])
}

function measureOf(criterion: JsonObject): string {
  if (textAt(criterion, 'role') === 'report') return 'reports of people'
  if (textAt(criterion, 'source.kind') === 'telemetry')
    return `share of ${textAt(criterion, 'source.counts')} requests, from the SDKs`
  if (textAt(criterion, 'source.kind') === 'resources') {
    const service = textAt(criterion, 'source.service')
    return `${textAt(criterion, 'source.resource')} of ${service === '' ? 'each service' : service}, at most ${textAt(criterion, 'source.limit')}, from the SDKs`
  }
  const [bad, good] = [textAt(criterion, 'source.bad'), textAt(criterion, 'source.good')]
  const counted = bad === '' ? `what is not ${good}` : bad
  return `${counted} of ${textAt(criterion, 'source.total')}, from connection ${textAt(criterion, 'source.connection')}`
}

function limitOf(criterion: JsonObject): string {
  const max = textAt(criterion, 'max')
  if (textAt(criterion, 'role') === 'report') return `at most ${max}`
  const limits = [
    ['harm from', textAt(criterion, 'harmRatio'), 'times the control'],
    ['safe below', textAt(criterion, 'safeRatio'), 'times'],
  ].flatMap(([before, value, after]) => (value === '' ? [] : [`${before} ${value} ${after}`]))
  const ceiling = textAt(criterion, 'ceiling')
  return [...limits, ...(ceiling === '' ? [] : [`ceiling ${shareWords(ceiling)}`])].join(', ')
}

function shareWords(share: string): string {
  return `${Number((100 * Number(share)).toFixed(3))} %`
}
