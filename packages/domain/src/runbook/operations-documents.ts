/** Documents 6, 7 and 9: a runbook page per alert, the insert for an existing runbook, the record of the monitoring. */
import { commandWord } from '../flag/key.ts'
import type { JsonObject } from '../procedure/run.ts'
import { evidenceBlocks } from './evidence-blocks.ts'
import type { DocumentFacts } from './facts.ts'
import { referenceAt, rowsAt, textAt, valueAt, withUnit } from './facts.ts'
import { criteriaTable } from './plan-document.ts'
import { planEnvironment } from './reference-documents.ts'
import { decisionsTable } from './strategy-document.ts'
import type { Block, Document, Section } from './tree.ts'
import { commands, fields, list, section, steps, table, text } from './tree.ts'

export const ALERT_OUTLINE = ['meaning', 'impact', 'diagnosis', 'mitigation'] as const
export const INSERT_OUTLINE = ['flag-management', 'rollout-monitoring', 'rollback'] as const
export const MONITORING_OUTLINE = [
  'review',
  'metrics',
  'dashboards',
  'alerts',
  'flag-monitoring',
  'proof',
  'gaps',
  'decisions',
] as const

/** Document 6: one for each alert, for a reader who has never seen it. */
export function alertDocuments(facts: DocumentFacts): readonly Document[] {
  return rowsAt(facts.outputs['monitoring'], 'alerts').map((alert) => {
    const criterion = textAt(alert, 'criterion')
    const { flag } = facts.feature
    return {
      name: `alert-${fileName(criterion)}`,
      title: `Alert: ${criterion} of ${facts.feature.name}`,
      sections: [
        section(
          'meaning',
          'Meaning',
          text(textAt(alert, 'condition')),
          text(`It belongs to the criterion ${criterion} of the rollout plan.`),
        ),
        section(
          'impact',
          'Impact',
          text(textAt(facts.outputs['plan'], 'expectations.mightGoWrong')),
          text(`Users: ${textAt(facts.outputs['strategy'], 'review.userImpact')}`),
        ),
        section(
          'diagnosis',
          'Diagnosis',
          commands(
            `flagmarshal rollout status ${commandWord(flag)}`,
            `flagmarshal flag show ${commandWord(flag)}`,
          ),
          text(textAt(facts.outputs['plan'], 'expectations.watch')),
        ),
        section(
          'mitigation',
          'Mitigation',
          commands(
            `flagmarshal kill ${commandWord(flag)} -e ${planEnvironment(facts)} --reason "${criterion}" --wait 10s`,
          ),
          steps([
            'That command comes first and waits for nobody.',
            `Tell ${textAt(alert, 'person')} (${textAt(alert, 'channel')}).`,
            'Go on with rollback-procedures.md if it does not recover.',
          ]),
        ),
      ],
    }
  })
}

/** Document 7: what goes into the runbook that the operations team has already. */
export function insertDocument(facts: DocumentFacts): Document {
  return {
    name: 'runbook-insert',
    title: `Runbook sections: ${facts.feature.name}`,
    sections: [managementSection(facts), watchSection(facts), rollbackSection(facts)],
  }
}

/** Document 9. */
export function monitoringDocument(facts: DocumentFacts): Document {
  const output = facts.outputs['monitoring']
  const at = (path: string) => textAt(output, path)
  return {
    name: 'monitoring-record',
    title: `Monitoring record: ${facts.feature.name}`,
    sections: [
      section(
        'review',
        'What there was',
        fields([
          ['Logging', at('review.logging')],
          ['Metrics', at('review.metrics')],
          ['Alerting', at('review.alerting')],
          ['Log query', logQueryOf(output)],
        ]),
      ),
      section('metrics', 'Metrics', metricsTable(facts), criteriaTable(facts)),
      section('dashboards', 'Dashboards', dashboardsTable(facts)),
      section('alerts', 'Rules and receivers', alertsTable(facts)),
      section(
        'flag-monitoring',
        'The flag itself',
        fields([
          ['Status', at('flagMonitoring.status')],
          ['Usage', at('flagMonitoring.usage')],
          ['Impact', at('flagMonitoring.impact')],
        ]),
      ),
      section('proof', 'Proof', ...evidenceBlocks(facts, 4)),
      section('gaps', 'Gaps', gapsOf(facts)),
      section('decisions', 'Decisions', decisionsTable(facts, [4])),
    ],
  }
}

/** The query, or why there is none. */
function logQueryOf(output: JsonObject | undefined): string {
  const absent = textAt(output, 'review.logQuery.absent')
  return absent === '' ? textAt(output, 'review.logQuery.query') : `none: ${absent}`
}

/** As the name of a file and in an address; the plan's own ids stay as they are. */
function fileName(criterion: string): string {
  return criterion.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')
}

function managementSection(facts: DocumentFacts): Section {
  const { flag, key } = facts.feature
  return section(
    'flag-management',
    `Flag management: ${flag}`,
    fields([
      [
        'Throttling and partial shutdown',
        'The flag turns the feature off for everybody; a rollout that is rolled back serves the old version and goes on counting.',
      ],
      [
        'Environments',
        facts.environments.map((it) => (it.protected ? `${it.key} (protected)` : it.key)).join(', '),
      ],
      ['Tools', `flagmarshal flag show ${commandWord(flag)}; flagmarshal feature show ${key}`],
      ['Owner', textAt(facts.flag, 'owner')],
    ]),
    commands(
      `flagmarshal kill ${commandWord(flag)} -e ${planEnvironment(facts)} --reason "what is wrong" --wait 10s`,
    ),
  )
}

function watchSection(facts: DocumentFacts): Section {
  const minutes = textAt(facts.outputs['plan'], 'monitoring.reviewEveryMinutes')
  return section(
    'rollout-monitoring',
    `Rollout monitoring: ${facts.feature.name}`,
    criteriaTable(facts),
    alertsTable(facts),
    list([
      `Routine check every ${minutes} minutes while it runs: flagmarshal rollout status ${commandWord(facts.feature.flag)}`,
      `Dashboards: ${textAt(facts.outputs['plan'], 'monitoring.dashboards')}`,
      'Troubleshooting: troubleshooting.md.',
    ]),
  )
}

function rollbackSection(facts: DocumentFacts): Section {
  const quick = valueAt(facts.outputs['rollback'], 'quickDisable')
  return section(
    'rollback',
    `Failover and recovery: ${facts.feature.name}`,
    steps(linesOf(quick)),
    fields([
      ['Verified by', textAt(quick, 'verify')],
      ['Then code', `previous version ${textAt(facts.outputs['rollback'], 'codeRollback.targetVersion')}`],
      ['In full', 'rollback-procedures.md'],
    ]),
  )
}

function linesOf(quick: ReturnType<typeof valueAt>): readonly string[] {
  const found = valueAt(quick, 'steps')
  return Array.isArray(found) ? found.filter((it) => typeof it === 'string') : []
}

function metricsTable({ outputs }: DocumentFacts): Block {
  const rows = rowsAt(outputs['monitoring'], 'metrics').map((it) => [
    textAt(it, 'criterion'),
    textAt(it, 'kind'),
    textAt(it, 'source'),
    textAt(it, 'metric'),
  ])
  return table(['Criterion', 'Kind', 'Source', 'Metric'], rows)
}

function dashboardsTable({ outputs }: DocumentFacts): Block {
  const rows = rowsAt(outputs['monitoring'], 'dashboards').map((it) => [
    textAt(it, 'name'),
    referenceAt(it, 'reference') || 'no address given',
    withUnit(textAt(it, 'refreshSeconds'), 's'),
  ])
  return table(['Dashboard', 'Where', 'Refreshed every'], rows)
}

function alertsTable({ outputs }: DocumentFacts): Block {
  const rows = rowsAt(outputs['monitoring'], 'alerts').map((it) => [
    textAt(it, 'criterion'),
    textAt(it, 'condition'),
    textAt(it, 'channel'),
    textAt(it, 'person'),
  ])
  return table(['Criterion', 'Fires when', 'Channel', 'Reaches'], rows)
}

/** Criteria that nothing raises an alarm for, and checks that were overridden. */
function gapsOf(facts: DocumentFacts): Block {
  const alerts = rowsAt(facts.outputs['monitoring'], 'alerts').map((it) => textAt(it, 'criterion'))
  const silent = rowsAt(facts.outputs['plan'], 'plan.criteria').filter(
    (it) => !alerts.includes(textAt(it, 'id')),
  )
  const overridden = facts.decisions.filter((it) => it.step === 4).flatMap((it) => it.overrides)
  return list(
    [
      ...silent.map((it) => `The criterion ${textAt(it, 'id')} has no alert.`),
      ...overridden.map((it) => `${it.check} was overridden: ${it.reason}`),
    ],
    'None is known.',
  )
}
