/**
 * Steps 1 to 3 as data: the strategy, the flags, the rollout plan.
 */
import type { CheckDefinition, Consulted, FailureAction, StepDefinition } from '../model.ts'

/** A required check that the system makes by itself. */
export function check(id: string, title: string): CheckDefinition {
  return { id, title, required: true, availability: 'available', mayBeNotApplicable: false }
}

/** A required check that needs something to be tried out first. */
export function tried(
  exercise: 'verification' | 'alert' | 'rollback',
  id: string,
  title: string,
): CheckDefinition {
  return { ...check(id, title), exercise }
}

/** Something that a No-Go asks somebody to do. */
export function task(title: string): FailureAction {
  return { kind: 'do', title }
}

/** People whom a No-Go asks. */
export function consult(title: string, whom: Consulted): FailureAction {
  return { kind: 'consult', title, whom }
}

/** An output field that a Go asks for. */
export function field(name: string, title: string): StepDefinition['outputs'][number] {
  return { field: name, title, required: true }
}

export const STRATEGY: StepDefinition = {
  number: 1,
  id: 'strategy',
  title: 'Define the flag strategy',
  purpose: 'Settle what the flag is for, how it exposes the feature, and what it needs to be safe.',
  inputs: ['P-I1', 'P-I2', 'P-I9', 'P-I10'],
  actions: [
    'Review the feature: scope, complexity, risk, dependencies, user impact.',
    'Choose type, approach and layers of the flag.',
    'Settle how it is rolled out, what limits the risk, and who is targeted.',
    'Plan flag system, configuration and code.',
    'Say how long the flag lives and what ends it.',
  ],
  outputs: [
    field('review', 'Review of the feature'),
    field('type', 'Flag type'),
    field('approach', 'Flag approach'),
    field('layers', 'Layers'),
    { field: 'bucketBy', title: 'Bucketing attribute by layer', required: false },
    field('rollout', 'Rollout requirements'),
    field('mitigation', 'Risk mitigation'),
    field('targeting', 'Targeting'),
    { field: 'experiment', title: 'Variants and metric of an experiment', required: false },
    field('implementation', 'Implementation'),
    field('life', 'Life of the flag'),
  ],
  checks: [
    check('P-S1-10', 'The strategy is consistent with itself and with the inputs'),
    check('P-S1-12', 'The flag has an end, or says why it stays'),
  ],
  decision: {
    by: 'person',
    question: 'Is the flag strategy defined and appropriate?',
    roles: ['technical-lead'],
    all: false,
  },
  failure: {
    failure: 'The strategy is unclear or not appropriate.',
    actions: [
      task('Review the requirements of the feature.'),
      consult('Consult flag experts.', 'experts'),
      task('Refine the strategy.'),
    ],
    retry: 'When the strategy is refined.',
  },
}

export const FLAGS: StepDefinition = {
  number: 2,
  id: 'flags',
  title: 'Configure the flags',
  purpose: 'Put the flag into code and into the flag system, and test that it does what it should.',
  inputs: ['S1', 'P-I2'],
  observes: 'the flag',
  actions: [
    'Ask the flag in the code of each layer.',
    'Create the flag, off in every environment; set targeting and percentages.',
    'Test enabling, disabling, percentages and targeting in every environment.',
    'Verify that it can be toggled quickly and breaks nothing that exists.',
    'Describe the configuration.',
  ],
  outputs: [
    field('flag', 'Key of the flag'),
    field('implementation', 'Where each layer asks the flag'),
    field('configuration', 'Flag configuration, in words'),
    { field: 'targetingCases', title: 'Contexts and their expected variants', required: false },
    { field: 'existingTests', title: 'Test results with the flag off and on', required: true },
  ],
  checks: [
    check('P-S2-1', 'The flag exists and is off in production'),
    check('P-S2-2', 'Each layer has a code reference to the flag, and to no unknown one'),
    check('P-S2-3', 'Rules, targeting and percentages are sound in every environment'),
    check('P-S2-4', 'Enable and disable, distribution, stickiness and targeting, by the real engine'),
    tried('verification', 'P-S2-5', 'Every connected instance follows a toggle within the bound (P-S2-10)'),
    check('P-S2-6', 'What existed before works with the flag off and on'),
    tried('verification', 'P-S2-8', 'An instance of each layer has served both branches outside production'),
    tried('verification', 'P-S2-9', 'The verification covers every environment, one of them not production'),
  ],
  decision: {
    by: 'person',
    question: 'Are the flags configured and tested?',
    roles: ['technical-lead'],
    all: false,
  },
  failure: {
    failure: 'The flags do not work as they should.',
    actions: [
      task('Find the fault in the implementation.'),
      task('Correct the configuration.'),
      task('Test again.'),
    ],
    retry: 'When the flags are corrected.',
  },
}

export const PLAN: StepDefinition = {
  number: 3,
  id: 'plan',
  title: 'Create the rollout plan',
  purpose: 'Settle the stages, the criteria between them, what is watched, and when.',
  inputs: ['S1', 'S2', 'P-I1', 'P-I3', 'P-I5', 'P-I9', 'P-I10'],
  actions: [
    'Review requirements, risk tolerance, expected impact and wished time.',
    'Define the stages: audience, increments, bake time, longest time.',
    'Define the criteria for Go and No-Go.',
    'Define what is monitored and how often it is reviewed.',
    'Define the timeline.',
  ],
  outputs: [
    field('review', 'Answers to requirements, impact, time, open test points, runbooks'),
    field('expectations', 'What should happen, what might go wrong, what to watch'),
    field('monitoring', 'Key metrics, dashboards, review frequency'),
    field('timeline', 'Timeline'),
    { field: 'audienceShares', title: 'Expected share of everybody of each segment', required: false },
    field('plan', 'Stages and criteria'),
  ],
  checks: [
    check('P-S3-4', 'The timeline leaves the stages the time that they need'),
    check('P-S3-5', 'The plan is sane, keeps the risk tolerance, and leaves unchanged traffic alone'),
    {
      ...check('P-S3-6', 'The traffic suffices to see the regression that the criteria name'),
      required: false,
    },
    check('P-S3-8', 'The plan is gradual or immediate as asked, and never exposes high risk at once'),
    check('P-S3-9', 'The plan answers each line of the requirements review, or says why not'),
  ],
  decision: {
    by: 'person',
    question: 'Is the rollout plan complete and appropriate?',
    roles: ['operations-lead', 'product-owner'],
    all: true,
  },
  failure: {
    failure: 'The plan is incomplete or not appropriate.',
    actions: [
      task('Review the rollout requirements.'),
      consult('Consult the stakeholders.', 'stakeholders'),
      task('Refine the plan.'),
    ],
    retry: 'When the plan is refined.',
  },
}
