/**
 * What the people of the demo answer to the procedure: its inputs, and the outcome of its steps.
 */
import type { Part } from './cast.ts'
import type { Feature } from './features.ts'
import { hashOf, papersOf, referenceTo, sourceOf } from './papers.ts'
import { demoPlan, SAFE_RATIO } from './plan.ts'

/** An input, who gives it, and their word for it where it is a decision. */
export interface InputAnswer {
  readonly input: string
  readonly by: Part
  readonly value: Record<string, unknown>
  readonly attest?: { readonly statement: string; readonly reference: string }
}

/** The ids of those whom the answers name. */
export type Named = Readonly<Record<'developer' | 'operationsLead' | 'productOwner', string>>

const SITE = 'https://shop.example'

/** The inputs of the procedure, but for those that the system observes by itself. */
export function inputsOf(feature: Feature): readonly InputAnswer[] {
  return [...documentInputs(feature), ...decisionInputs(feature)]
}

function documentInputs(feature: Feature): readonly InputAnswer[] {
  const given = (input: string, value: Record<string, unknown>): InputAnswer => ({
    input,
    by: 'developer',
    value,
  })
  const { acceptance, previousVersion } = feature
  const papers = papersOf(feature)
  const observability = referenceTo(papers.observability)
  return [
    given('P-I1', { reference: referenceTo(papers.requirements), acceptanceCriteria: acceptance }),
    given('P-I2', {
      layers: sourceOf(feature).map(({ layer, paper }) => ({ layer, reference: referenceTo(paper) })),
    }),
    given('P-I3', { results: [referenceTo(papers.tests)] }),
    given('P-I4', { logging: observability, metrics: observability, alerting: observability }),
    given('P-I5', { references: [referenceTo(papers.runbook)] }),
    {
      ...given('P-I6', {
        reference: referenceTo(papers.acceptance),
        on: new Date().toISOString().slice(0, 10),
        criteria: acceptance.map((criterion) => ({ criterion, met: true })),
        procedures: [{ name: 'Quality assurance', result: 'passed' }],
      }),
      attest: {
        statement: 'The feature is ready to be deployed.',
        reference: `${SITE}/${feature.key}/acceptance`,
      },
    },
    given('P-I12', { reference: referenceTo(papers.deployment), previousVersion }),
  ]
}

function decisionInputs(feature: Feature): readonly InputAnswer[] {
  return [
    { input: 'P-I7', by: 'technicalLead', value: { approach: 'canary' } },
    {
      input: 'P-I9',
      by: 'productOwner',
      value: { mode: 'gradual', reason: `${feature.name} must not reach everybody with a mistake in it.` },
    },
    {
      input: 'P-I10',
      by: 'productOwner',
      value: {
        maxErrorRateIncrease: 100 * (SAFE_RATIO - 1),
        maxLatencyIncrease: 100,
        maxExposedUsers: 6_000,
      },
    },
    {
      input: 'P-I11',
      by: 'operationsLead',
      value: { accept: 'built-in-telemetry', statement: 'The SDKs of the shop count what the plan needs.' },
    },
  ]
}

/** The outcome of steps 1 to 6, in order. */
export function outputsOf(
  feature: Feature,
  people: Named,
  speed: number,
): readonly Record<string, unknown>[] {
  return [
    strategy(feature, people),
    flags(feature),
    plan(feature, people, speed),
    monitoring(feature, people),
    rollback(feature, people),
    documents(feature),
  ]
}

function strategy(feature: Feature, people: Named): Record<string, unknown> {
  return {
    review: {
      scope: feature.name,
      complexity: 'medium',
      riskLevel: 'medium',
      dependencies: [],
      userImpact: feature.userImpact,
    },
    type: 'release',
    approach: 'percentage',
    layers: feature.layers,
    bucketBy: Object.fromEntries(feature.layers.map((layer) => [layer, 'targetingKey'])),
    rollout: { gradual: true, targetPercents: [25, 50, 100] },
    mitigation: { quickDisable: true, rollback: true, monitoring: ['errors'] },
    targeting: { audience: 'all', segments: [] },
    implementation: {
      flagSystem: 'Flagmarshal',
      configuration: `Flag ${feature.key}, off until the rollout turns it on.`,
      code: 'Both versions stay in the code; the flag chooses between them at each request.',
    },
    life: {
      owner: people.developer,
      endsOn: new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10),
      retirement: 'Once everybody has had it for two weeks, the old version and the flag are removed.',
    },
  }
}

function flags(feature: Feature): Record<string, unknown> {
  return {
    flag: feature.key,
    implementation: feature.code.map(({ layer, path }) => ({
      layer,
      reference: source(path),
      summary: `Asks ${feature.key} for each request, with the shopper as bucketing key.`,
    })),
    configuration: 'A boolean, off everywhere; the rollout adds the one rule that exposes shoppers.',
    targetingCases: [],
    existingTests: { off: hashOf(papersOf(feature).flagOff), on: hashOf(papersOf(feature).flagOn) },
  }
}

function plan(feature: Feature, people: Named, speed: number): Record<string, unknown> {
  return {
    review: {
      business: 'Gradual, so that a mistake reaches few customers.',
      userImpact: feature.userImpact,
      timeline: 'Minutes, for the demonstration.',
      openTestPoints: 'None.',
      runbooks: 'Turning the flag off, and what to look at.',
    },
    expectations: {
      shouldHappen: feature.userImpact,
      mightGoWrong: 'Requests fail in the new code.',
      watch: 'The share of failed requests of those who have it, beside those who do not.',
    },
    monitoring: {
      keyMetrics: ['errors'],
      dashboards: 'flagmarshal rollout status --watch',
      reviewEveryMinutes: 1,
    },
    timeline: { expectedCompletion: '2099-12-31T17:00:00Z' },
    plan: demoPlan(people.productOwner, speed),
  }
}

function monitoring(feature: Feature, people: Named): Record<string, unknown> {
  const reference = { kind: 'url', url: `${SITE}/${feature.key}/metrics` }
  return {
    review: {
      logging: 'Errors are logged with their route; nothing is missing.',
      metrics: 'Requests, errors and durations by arm, from the SDKs; nothing is missing.',
      alerting: 'The rollout tells the operations lead; nothing is changed.',
      logQuery: { absent: 'The shop of the demonstration writes its log to the terminal only.' },
    },
    metrics: [{ criterion: 'errors', kind: 'errors', source: 'built-in-telemetry', metric: 'bad' }],
    without: [
      { kind: 'response-time', reason: 'Nobody waits longer: the work is the same.' },
      { kind: 'engagement', reason: 'Nobody does anything else than before.' },
      { kind: 'business', reason: 'The orders are counted by the shop itself.' },
    ],
    dashboards: [{ name: 'Rollout status', reference, refreshSeconds: 5 }],
    alerts: [
      {
        criterion: 'errors',
        condition: 'the rollout holds or rolls back',
        channel: 'telephone',
        person: people.operationsLead,
      },
    ],
    flagMonitoring: {
      status: 'The revision that each instance serves.',
      usage: 'Requests by variant and arm.',
      impact: 'Failed requests of the exposed minus those of the control.',
    },
  }
}

function rollback(feature: Feature, people: Named): Record<string, unknown> {
  return {
    triggers: [
      { class: 'critical', event: 'The new code fails for many.', bound: { criterion: 'errors' } },
      { class: 'performance', event: 'Answers take too long.', bound: { person: people.operationsLead } },
      { class: 'user-impact', event: 'Customers complain.', bound: { person: people.productOwner } },
    ],
    quickDisable: {
      steps: [`flagmarshal kill ${feature.key} -e production --wait 10s`],
      verify: 'Every connected instance has confirmed the revision without it.',
      watchMinutes: 30,
    },
    codeRollback: {
      steps: ['Deploy the previous version.'],
      targetVersion: feature.previousVersion,
      verify: 'The shop takes an order.',
      watchMinutes: 30,
      byHand: 'The demonstration deploys nothing, so there is nothing that a hook could put back.',
    },
    dataRollback: { needed: false, reason: 'The feature changes no stored data.' },
    handover: {
      procedure: 'Rollback Procedure',
      definition: { id: 'rollback', version: 2 },
      reference: { kind: 'url', url: `${SITE}/procedures/rollback` },
    },
  }
}

function documents(feature: Feature): Record<string, unknown> {
  const names = ['flag-configuration', 'rollout-plan', 'runbook-updates', 'flag-reference']
  return {
    documents: names.map((document) => ({
      document,
      reference: { kind: 'url', url: `${SITE}/${feature.key}/${document}` },
    })),
  }
}

function source(path: string): Record<string, string> {
  return { kind: 'git', repository: 'flagmarshal', commit: 'HEAD', path: `examples/shop/src/${path}` }
}
