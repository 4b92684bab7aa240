/**
 * Steps 4 to 7 as data: monitoring, rollback, documents, approval.
 */
import type { StepDefinition } from '../model.ts'
import { check, consult, field, task, tried } from './steps-1-3.ts'

export const MONITORING: StepDefinition = {
  number: 4,
  id: 'monitoring',
  title: 'Configure monitoring and alerting',
  purpose: 'Make sure that everything the plan judges by is measured, shown and raises an alarm.',
  inputs: ['S3', 'P-I4', 'P-I5', 'P-I11'],
  actions: [
    'Review what exists: logging, metrics, alerting.',
    'Bind each criterion to a metric; set up dashboards and alerts.',
    'Watch the flag itself: status, usage, impact.',
    'Test dashboards, alerts and their delivery.',
    'Describe the monitoring.',
  ],
  outputs: [
    field('review', 'Review of logging, metrics and alerting'),
    field('metrics', 'Metric of each criterion'),
    field('dashboards', 'Dashboards'),
    field('alerts', 'Alerts and who gets them'),
    field('flagMonitoring', 'Monitoring of the flag'),
  ],
  checks: [
    check('P-S4-1', 'Every criterion of the plan is bound to a metric that exists'),
    check('P-S4-2', 'Dashboards exist, with their refresh interval'),
    check('P-S4-3', 'Alert rules are loaded and tested'),
    check('P-S4-4', 'Each rule has a route with a person at its end, and the channels deliver'),
    tried('alert', 'P-S4-6', 'A fire drill raised the alert and delivered it'),
    check('P-S4-7', 'Every panel returns data'),
    check('P-S4-9', 'What exists was reviewed; existing rules on the same metrics are accounted for'),
    check('P-S4-10', 'Monitoring fulfils the plan: each criterion has an alert with a person at its end'),
    check('P-S4-12', "The flag's status, usage and impact return data"),
    check('P-S4-13', 'What can be shown before anybody is exposed is shown, and refreshed often enough'),
  ],
  decision: {
    by: 'person',
    question: 'Are monitoring and alerting configured and tested?',
    roles: ['operations-lead'],
    all: false,
  },
  failure: {
    failure: 'The monitoring does not work as it should.',
    actions: [
      task('Correct the monitoring.'),
      {
        kind: 'verify',
        title: 'Verify the observability inputs P-I4 and P-I11.',
        inputs: ['P-I4', 'P-I11'],
      },
      task('Test again.'),
    ],
    retry: 'When the monitoring is corrected.',
  },
}

export const ROLLBACK: StepDefinition = {
  number: 5,
  id: 'rollback',
  title: 'Define the rollback procedures',
  purpose: 'Settle what sets a rollback off and what is then done, in which order.',
  inputs: ['S3', 'P-I5', 'P-I7', 'P-I12'],
  actions: [
    'Define the triggers: critical, performance, user impact.',
    'Define quick disable, code rollback and data rollback.',
    'Describe each step, its verification and the watch afterwards.',
    'Test them where that is possible.',
    'Name the Rollback Procedure that takes over.',
  ],
  outputs: [
    field('triggers', 'Triggers'),
    field('quickDisable', 'Quick disable'),
    field('codeRollback', 'Code rollback'),
    field('dataRollback', 'Data rollback, or why there is none'),
    field('handover', 'The Rollback Procedure that takes over'),
  ],
  checks: [
    check(
      'P-S5-1',
      'All three classes have triggers, each bound to a criterion, an alert, a report or a person that exists',
    ),
    check('P-S5-2', 'Disabling the flag serves the variant that the plan goes back to'),
    check('P-S5-3', 'The code rollback goes back to the documented previous version, by a hook or by hand'),
    check('P-S5-4', 'Data is put back with an integrity check, or it is said why not'),
    check('P-S5-5', 'Each way back has its steps, its verification and its watch'),
    {
      ...tried('rollback', 'P-S5-6', 'Quick disable was drilled outside production'),
      mayBeNotApplicable: true,
    },
    check('P-S5-8', 'The integrity check is repeated after data was put back'),
    {
      ...check('P-S5-9', 'The hooks were really run on staging, or tried dry where there is none'),
      mayBeNotApplicable: true,
    },
    check('P-S5-10', 'The Rollback Procedure exists and agrees with these steps'),
  ],
  decision: {
    by: 'person',
    question: 'Are the rollback procedures defined and tested?',
    roles: ['operations-lead'],
    all: false,
  },
  failure: {
    failure: 'The rollback procedures are incomplete.',
    actions: [
      task('Review the rollback requirements.'),
      consult('Consult the operations team.', 'operations'),
      task('Complete the procedures.'),
    ],
    retry: 'When the procedures are complete.',
  },
}

export const DOCUMENTS_STEP: StepDefinition = {
  number: 6,
  id: 'documents',
  title: 'Document the configuration',
  purpose: 'Leave operations with documents that say what is configured and how to handle it.',
  inputs: ['S1', 'S2', 'S3', 'S4', 'S5'],
  actions: [
    'Document the flag configuration and the rollout plan.',
    'Update the runbooks: flag, monitoring, rollback.',
    'Write the flag reference: quick guide, toggling, troubleshooting.',
    'Store them in the documentation repository.',
  ],
  outputs: [{ field: 'documents', title: 'Further documents, and where they are', required: false }],
  observes: 'the published documents',
  checks: [
    check('P-S6-1', 'The flag configuration is documented, with every section (P-S6-7)'),
    check('P-S6-2', 'The rollout plan is documented'),
    check('P-S6-3', 'The runbooks have their sections, and each alert its page'),
    check('P-S6-4', 'The flag reference is there: quick guide, toggling, troubleshooting'),
    check('P-S5-7', 'The rollback procedures are documented'),
    check('P-S6-5', 'The documents are published in the documentation repository'),
    check('P-S6-6', 'Nothing in them is empty, and they say what is configured now'),
  ],
  decision: {
    by: 'person',
    question: 'Is the configuration documented?',
    roles: ['technical-lead', 'operations-lead'],
    all: false,
  },
  failure: {
    failure: 'The documentation is incomplete.',
    actions: [task('Complete the missing sections.')],
    retry: 'When the documentation is complete.',
  },
}

export const APPROVAL: StepDefinition = {
  number: 7,
  id: 'approval',
  title: 'Review and approve',
  purpose: 'Have everything reviewed by those it concerns, and approved by the three roles.',
  inputs: ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'],
  actions: [
    'Review strategy, stages, monitoring and rollback: technical, operations, business.',
    'Work the feedback in.',
    'Obtain the three approvals.',
    'Update the ticket and schedule the rollout.',
  ],
  outputs: [{ field: 'approvals', title: 'Reviews and approvals', required: false }],
  checks: [
    check('P-V3', 'The flag system is accessible'),
    {
      ...check('P-S7-4', 'The ticket carries the plan: a comment and a link'),
      mayBeNotApplicable: true,
      forExit: true,
    },
  ],
  decision: { by: 'approvals', question: 'Is the rollout plan approved?' },
  failure: {
    failure: 'The rollout plan is not approved.',
    actions: [consult('Answer the concerns of whoever refused.', 'refuser'), task('Refine the plan.')],
    retry: 'Ask for approval again when the plan is refined.',
  },
}
