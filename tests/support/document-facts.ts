/**
 * Facts of documents that lack nothing, for tests.
 */
import type { DocumentFacts } from '@flagmarshal/domain/runbook/facts'

const text = 'as it should be'
const at = (path: string) => ({ kind: 'url', url: `https://shop.example/${path}` })

const environment = (key: string) => ({
  environment: key,
  valueType: 'boolean',
  variants: { on: true, off: false },
  offVariant: 'off',
  fallthrough: { variant: 'off' },
  rules: [
    {
      id: 'staff',
      name: 'staff',
      when: { all: [{ segment: 'staff' }, { attribute: 'country', op: 'in', values: ['DE', 'FR'] }] },
      serve: {
        allocation: {
          by: 'targetingKey',
          salt: 'abcdefghijklmno',
          hash: 'murmur3',
          ranges: [{ from: 0, to: 30_000, variant: 'on' }],
        },
      },
    },
  ],
  segments: [{ key: 'staff', when: null }],
})

/** Complete facts of the feature `new-checkout`. */
export const DOCUMENT_FACTS: DocumentFacts = {
  project: 'shop',
  feature: {
    key: 'new-checkout',
    name: 'New checkout',
    team: 'shop',
    ticket: { key: 'SHOP-1', url: 'https://jira.example/SHOP-1' },
    stakeholders: ['Customer service'],
    flag: 'new-checkout',
  },
  procedure: {
    id: 'feature-flag-rollout',
    version: 1,
    name: 'Feature Flag / Rollout',
    owner: 'Feature Development Team',
    source: 'feature-flag-rollout-procedure.md',
    related: ['Rollback Procedure'],
  },
  people: { 'technical-lead': ['tina'], 'operations-lead': ['otto'], 'product-owner': ['paula'] },
  environments: [
    { key: 'staging', protected: false },
    { key: 'production', protected: true },
  ],
  flag: {
    flag: 'new-checkout',
    kind: 'release',
    layers: ['backend'],
    owner: 'shop',
    environments: [environment('production'), environment('staging')],
  },
  outputs: {
    strategy: {
      review: { scope: text, complexity: 'low', riskLevel: 'medium', dependencies: [], userImpact: text },
      type: 'release',
      approach: 'percentage',
      layers: ['backend'],
      bucketBy: { backend: 'targetingKey' },
      rollout: { gradual: true, targetPercents: [25, 50, 100] },
      mitigation: { quickDisable: true, rollback: true, monitoring: ['errors'] },
      targeting: { audience: 'all', segments: [] },
      implementation: { flagSystem: 'Flagmarshal', configuration: text, code: text },
      life: { owner: 'shop', endsOn: '2027-01-31', retirement: text },
    },
    flags: {
      flag: 'new-checkout',
      implementation: [{ layer: 'backend', reference: at('code'), summary: text }],
      configuration: text,
    },
    plan: {
      review: { business: text, userImpact: text, timeline: text, openTestPoints: text, runbooks: text },
      expectations: { shouldHappen: text, mightGoWrong: text, watch: text },
      monitoring: { keyMetrics: ['errors'], dashboards: text, reviewEveryMinutes: 60 },
      timeline: { expectedCompletion: '2027-01-31T17:00:00Z' },
      plan: {
        environment: 'production',
        reviews: {
          everyMs: 3_600_000,
          graceMs: 1_800_000,
          checkpoints: ['2027-01-15T09:00:00Z'],
          role: 'operations-lead',
          people: ['olga'],
        },
        treatment: 'on',
        control: 'off',
        windowMs: 60_000,
        observeWindows: 1_440,
        stages: [
          {
            name: 'everybody',
            audience: { id: 'everybody' },
            increments: [25, 50, 100],
            bakeMs: 86_400_000,
            maxMs: 172_800_000,
            advance: 'auto',
          },
        ],
        criteria: [
          {
            id: 'errors',
            role: 'guardrail',
            source: { kind: 'telemetry', counts: 'bad' },
            harmRatio: 1.1,
            safeRatio: 2,
            ceiling: 0.02,
            onFail: 'roll-back',
          },
        ],
        alpha: 0.001,
        beta: 0.01,
        lowTraffic: { policy: 'human' },
        holdback: 5,
      },
    },
    monitoring: {
      review: { logging: text, metrics: text, alerting: text, logQuery: { absent: text } },
      metrics: [{ criterion: 'errors', kind: 'errors', source: 'built-in-telemetry', metric: 'bad' }],
      dashboards: [{ name: text, refreshSeconds: 30 }],
      alerts: [{ criterion: 'errors', condition: text, channel: 'telephone', person: 'otto' }],
      flagMonitoring: { status: text, usage: text, impact: text },
    },
    rollback: {
      triggers: [
        { class: 'critical', event: text, bound: { person: 'otto' } },
        { class: 'performance', event: text, bound: { person: 'otto' } },
        { class: 'user-impact', event: text, bound: { criterion: 'errors' } },
      ],
      quickDisable: { steps: [text], verify: text, watchMinutes: 30 },
      codeRollback: {
        steps: [text],
        targetVersion: '1.4.2',
        verify: text,
        watchMinutes: 30,
        byHand: text,
      },
      dataRollback: { supported: false, reason: text },
      handover: {
        procedure: 'Rollback Procedure',
        definition: { id: 'rollback', version: 2 },
        reference: at('rollback'),
      },
    },
  },
  inputs: { 'P-I7': { approach: 'canary' } },
  workPlan: {
    content: {
      procedures: ['Rollback Procedure'],
      dependencies: ['strategy → flags'],
      risks: [{ risk: text, answer: text }],
      unknowns: [],
      validationPoints: ['After the flag configuration'],
    },
    authors: ['dora'],
    reviewer: 'tina',
    reviewedOn: '2026-03-02',
    steps: [{ number: 1, title: 'Define the flag strategy', inputs: ['P-I1'] }],
  },
  decisions: [1, 2, 3, 4, 5].map((step) => ({
    step,
    title: `Step ${step}`,
    role: 'technical-lead',
    by: 'tina',
    rationale: text,
    overrides: [],
  })),
  evidence: [
    {
      step: 4,
      check: 'P-S4-1',
      title: 'Every criterion is bound',
      hash: 'a'.repeat(64),
      kind: 'check',
      by: 'dora',
      content: { check: 'P-S4-1', state: 'pass', findings: [], facts: { metrics: ['bad', 'slow'] } },
    },
    {
      step: 5,
      check: 'P-S5-6',
      title: 'Quick disable was drilled',
      hash: 'b'.repeat(64),
      kind: 'attestation',
      by: 'dora',
      content: { check: 'P-S5-6', statement: 'It took 2 s.', reference: 'https://shop.example/drill' },
    },
  ],
}
