/**
 * The feature-flag rollout procedure: that its data is complete, and what its checks find.
 */
import type { Flag } from '@flagmarshal/evaluation'
import { describe, expect, it } from 'vitest'

import { DOCUMENT_FACTS } from '../../../../tests/support/document-facts.ts'
import type { MetricTrial } from '../analysis/metric.ts'
import type { Strategy } from '../flag/strategy.ts'
import { historyOf } from '../rollout/history.ts'
import type { Stage } from '../rollout/model.ts'
import { defaultPlan, guardrail } from '../rollout/plan.ts'
import { layOutReplay } from '../rollout/replay-jobs.ts'
import { reportReplay } from '../rollout/replay-report.ts'
import type { ServedPlan } from '../rollout/served-plan.ts'
import { triedHistory } from '../rollout/tried-history.ts'
import { documentsOf } from '../runbook/documents.ts'
import { featureFlagRollout as procedure } from './feature-flag-rollout.ts'
import { baselineOf } from './feature-flag-rollout/baseline.ts'
import { CHECKS, runCheck } from './feature-flag-rollout/checks.ts'
import type { FlagRolloutFacts } from './feature-flag-rollout/facts.ts'
import type { BoundMetric } from './feature-flag-rollout/outputs.ts'

const confirmed = { instanceId: 'one', application: 'shop', confirmedAfterMs: 20 }
const exercises: NonNullable<FlagRolloutFacts['exercises']> = {
  verification: {
    id: 'verification_1',
    evidence: 'abc',
    current: true,
    found: {
      boundMs: 5_000,
      offValue: false,
      environments: ['staging', 'production'].map((environment) => ({
        environment,
        protected: environment === 'production',
        engine: { findings: [], figures: {} },
        sdk: { asked: ['one'], answered: ['one'], contexts: 500, findings: [] },
        toggles: [{ what: 'probe' as const, environment, revision: 2, instances: [confirmed] }],
        layers: ['backend', 'frontend'].map((layer) => ({
          layer,
          instances: ['one'],
          servedOn: true,
          servedOff: true,
          codeDefaults: [false],
        })),
      })),
    },
  },
  alert: {
    id: 'drill_1',
    evidence: 'abc',
    current: true,
    found: {
      nonce: 'one',
      rule: 'errors',
      numbers: { requests: 100, share: 0.5, threshold: 0.02 },
      hops: [{ hop: 'the rule fired', afterMs: 5 }],
      channels: [{ channel: 'ops', state: 'delivered', afterMs: 9 }],
    },
  },
  rollback: {
    id: 'drill_2',
    evidence: 'abc',
    current: true,
    found: {
      environment: 'staging',
      toggles: [{ what: 'disable', environment: 'staging', revision: 3, instances: [confirmed] }],
      kill: 'kill_1',
      recovery: { servedOn: true, servedOff: true },
      hooks: [],
    },
  },
  monitoring: { status: true, usage: true, served: [{ environment: 'production', variant: 'off' }] },
}

const flag: Flag = {
  key: 'new-checkout',
  kind: 'release',
  valueType: 'boolean',
  variants: { on: true, off: false },
  enabled: false,
  offVariant: 'off',
  rules: [
    { id: 'staff', name: 'staff', when: { segment: 'staff' }, serve: { variant: 'on' } },
    {
      id: 'some',
      name: 'some',
      when: { attribute: 'country', op: 'equals', values: ['DE'] },
      serve: {
        allocation: {
          by: 'targetingKey',
          salt: 'abcdefghijklmno',
          hash: 'murmur3',
          ranges: [
            { from: 0, to: 30_000, variant: 'on' },
            { from: 30_000, to: 100_000, variant: 'off' },
          ],
        },
      },
    },
  ],
  fallthrough: { variant: 'off' },
}

const strategy: Strategy = {
  review: {
    scope: 'checkout',
    complexity: 'medium',
    riskLevel: 'medium',
    dependencies: [],
    userImpact: 'faster',
  },
  type: 'release',
  approach: 'percentage',
  layers: ['backend', 'frontend'],
  bucketBy: { backend: 'targetingKey', frontend: 'targetingKey' },
  rollout: { gradual: true, targetPercents: [10, 50, 100] },
  mitigation: { quickDisable: true, rollback: true, monitoring: ['errors'] },
  targeting: { audience: 'all', segments: [] },
  implementation: { flagSystem: 'Flagmarshal', configuration: 'rules', code: 'SDK' },
  life: { owner: 'team-shop', endsOn: '2027-01-31', retirement: 'at 100 % for a month' },
}

const plan: ServedPlan = {
  ...defaultPlan({ staff: 'staff', beta: 'beta' }, [
    guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 }),
  ]),
  environment: 'production',
  treatment: 'on',
  control: 'off',
  bucketBy: 'targetingKey',
  expectedKeys: 20_000,
}

const segments = [
  { key: 'staff', include: ['ann'] },
  { key: 'beta', include: [] },
]

const green = { format: 'junit', total: 12, passed: 12, failed: 0, skipped: 0, failing: [] } as const

const words = 'as it should be'
const review = {
  business: words,
  userImpact: words,
  timeline: words,
  openTestPoints: words,
  runbooks: words,
}
const expectations = { shouldHappen: words, mightGoWrong: words, watch: words }

/** A replay without a history. */
const notReplayed = () => {
  const nothing = triedHistory(plan, historyOf([], new Date(0)), [])
  return reportReplay(plan, layOutReplay(plan, nothing), [])
}

/** Three quarters of an hour with 20,000 requests a minute, 1 % of them bad, in every slice the same. */
const slices = (each: number) => Array.from({ length: 20 }, () => each)
const history = historyOf(
  Array.from({ length: 45 }, (_, minute) => ({
    end: new Date(Date.UTC(2026, 2, 2, 10, minute)),
    n: slices(1_000),
    bad: slices(10),
    slow: slices(0),
  })),
  new Date('2026-03-02T10:44:00Z'),
)

const facts: FlagRolloutFacts = {
  outputs: {
    strategy,
    flags: {
      flag: 'new-checkout',
      implementation: [
        { layer: 'backend', summary: 'order.ts' },
        { layer: 'frontend', summary: 'cart.tsx' },
      ],
      targetingCases: [{ environment: 'staging', context: { targetingKey: 'ann' }, variant: 'on' }],
      existingTests: { off: 'a1', on: 'b2' },
    },
    plan: { plan, timeline: {}, audienceShares: { internal: 0.01, beta: 0.05 }, review, expectations },
    monitoring: {
      review: { logging: 'exists', metrics: 'exist', alerting: 'added', logQuery: { absent: 'no log' } },
      metrics: [{ criterion: 'errors', kind: 'errors', source: 'built-in-telemetry', metric: 'bad' }],
      without: [
        { kind: 'response-time', reason: 'Nobody waits longer: the work is the same.' },
        { kind: 'engagement', reason: 'Nobody does anything else than before.' },
        { kind: 'business', reason: 'The orders are counted by the shop itself.' },
      ],
      dashboards: [{ name: 'rollout', refreshSeconds: 30 }],
      alerts: [{ criterion: 'errors', channel: 'ops', person: 'otto' }],
    },
    rollback: {
      triggers: [
        { class: 'critical', event: 'data loss', bound: { person: 'operations-lead' } },
        { class: 'performance', event: 'slow', bound: { person: 'operations-lead' } },
        { class: 'user-impact', event: 'errors', bound: { criterion: 'errors' } },
      ],
      quickDisable: { steps: ['kill'], verify: 'confirmed', watchMinutes: 30 },
      codeRollback: {
        targetVersion: '1.4.2',
        steps: ['deploy'],
        verify: 'it answers',
        watchMinutes: 30,
        hook: { key: 'deploy-back', version: 1 },
      },
      dataRollback: { needed: false, reason: 'no data is changed' },
      handover: { procedure: 'Rollback', definition: { id: 'rollback', version: 2 } },
    },
  },
  inputs: {
    codeLayers: ['backend', 'frontend'],
    mode: 'gradual',
    tolerance: { maxErrorRateIncrease: 100, maxLatencyIncrease: 100, maxExposedUsers: 20_000 },
    previousVersion: '1.4.2',
  },
  environments: [
    { key: 'staging', protected: false, segments },
    { key: 'production', protected: true, segments },
  ],
  flag: {
    key: 'new-checkout',
    kind: 'release',
    layers: ['backend', 'frontend'],
    owner: 'team-shop',
    configurations: [
      { environment: 'staging', flag: { ...flag, enabled: true } },
      { environment: 'production', flag },
    ],
  },
  serverKeys: 1,
  exercises,
  rollback: {
    hooks: [{ key: 'deploy-back', version: 1, part: 'code', staging: true, ranOnStaging: 'hookrun_1' }],
    people: ['operations-lead', 'otto'],
    sources: [],
  },
  ticket: { connected: true, proof: { ticket: 'SHOP-7', comment: '10000', remoteLink: '20000' } },
  documents: {
    now: DOCUMENT_FACTS,
    published: {
      remote: 'built-in',
      branch: 'main',
      path: 'features/new-checkout',
      commit: 'c'.repeat(40),
      runbooks: ['features/runbook.md'],
      documents: Object.fromEntries(documentsOf(DOCUMENT_FACTS).map((it) => [it.name, 'd'.repeat(64)])),
      facts: JSON.parse(JSON.stringify(DOCUMENT_FACTS)),
    },
  },
  writable: true,
  code: {
    all: [
      {
        flag: 'new-checkout',
        repository: 'https://git.example/shop',
        commit: '4f1c2d9',
        refs: [
          { file: 'order.ts', line: 12, layer: 'backend' },
          { file: 'cart.tsx', line: 7, layer: 'frontend' },
        ],
      },
    ],
    flags: ['new-checkout'],
  },
  tests: { a1: green, b2: green },
  traffic: { history, replay: { ...notReplayed(), verdict: 'fine' } },
}

function withOutputs(outputs: Partial<FlagRolloutFacts['outputs']>): FlagRolloutFacts {
  return { ...facts, outputs: { ...facts.outputs, ...outputs } }
}

function served(change: Partial<Flag>): FlagRolloutFacts {
  if (facts.flag === undefined) throw new Error('the facts have a flag')
  return {
    ...facts,
    flag: {
      ...facts.flag,
      configurations: facts.flag.configurations.map((it) => ({ ...it, flag: { ...it.flag, ...change } })),
    },
  }
}

describe('the definition', () => {
  it('names every step and input of the document, and a way to each input', () => {
    expect(procedure.steps.map((it) => it.id)).toEqual([
      'strategy',
      'flags',
      'plan',
      'monitoring',
      'rollback',
      'documents',
      'approval',
    ])
    expect(procedure.inputs.map((it) => it.id)).toEqual(
      Array.from({ length: 12 }, (_, index) => `P-I${index + 1}`),
    )
    expect(procedure.inputs.filter((it) => it.remediation.path === '')).toEqual([])
    expect(new Set(procedure.inputs.map((it) => it.remediation.id)).size).toBe(12)
    expect(procedure.inputs.find((it) => it.id === 'P-I12')?.dueBefore).toBe(5)
  })

  it('P-E10 says who decides each step', () => {
    expect(
      procedure.steps.map((it) => (it.decision.by === 'person' ? it.decision.roles : it.decision.by)),
    ).toEqual([
      ['technical-lead'],
      ['technical-lead'],
      ['operations-lead', 'product-owner'],
      ['operations-lead'],
      ['operations-lead'],
      ['technical-lead', 'operations-lead'],
      'approvals',
    ])
  })

  it('has code for exactly the checks that it calls available', () => {
    const available = procedure.steps.flatMap((it) =>
      it.checks.filter((one) => one.availability === 'available').map((one) => one.id),
    )
    expect(Object.keys(CHECKS).toSorted()).toEqual(available.toSorted())
    expect(runCheck('P-S9-9', facts).state).toBe('unknown')
  })

  it.each(Object.keys(CHECKS))('%s passes where everything is in order', (id) => {
    expect(runCheck(id, facts)).toMatchObject({ state: 'pass', findings: [] })
  })

  it('calls nothing passed of which nothing is there yet', () => {
    const nothing: FlagRolloutFacts = {
      outputs: { strategy: {}, flags: {}, plan: {}, monitoring: {}, rollback: {} },
      inputs: {},
      environments: [],
      serverKeys: 0,
      documents: {},
      writable: false,
      code: { all: [], flags: [] },
      tests: {},
    }
    expect(Object.keys(CHECKS).filter((id) => runCheck(id, nothing).state === 'pass')).toEqual([])
  })
})

describe('P-S7-9 the ticket', () => {
  it.each([
    [undefined, 'unknown', 'the plan is not approved yet'],
    [{ connected: true }, 'unknown', 'the ticket is not updated yet'],
    [{ connected: false }, 'unknown', 'no channel leads to a ticket system'],
    [{ connected: true, failure: 'it answered 401' }, 'fail', 'it answered 401'],
  ] as const)('%j is %s', (ticket, state, finding) => {
    const { ticket: _, ...others } = facts
    const result = runCheck('P-S7-4', ticket === undefined ? others : { ...others, ticket })
    expect(result).toMatchObject({ state, findings: [expect.stringContaining(finding)] })
  })
})

describe('the strategy', () => {
  const rules = (change: Partial<Strategy>) =>
    runCheck('P-S1-10', withOutputs({ strategy: { ...strategy, ...change } })).findings.map(
      (it) => it.split(':')[0],
    )

  it.each<[string, Partial<Strategy>]>([
    [
      'high-risk-without-quick-disable',
      {
        review: { ...strategy.review, riskLevel: 'high' },
        mitigation: { ...strategy.mitigation, quickDisable: false },
      },
    ],
    [
      'high-risk-at-once',
      { review: { ...strategy.review, riskLevel: 'high' }, rollout: { gradual: false, targetPercents: [] } },
    ],
    ['gradual-without-share', { approach: 'boolean' }],
    ['share-falls', { rollout: { gradual: true, targetPercents: [50, 10, 100] } }],
    ['experiment-without-variants', { type: 'experiment' }],
    ['ops-with-targeting', { type: 'ops', targeting: { audience: 'beta', segments: [] } }],
    ['layers-bucket-apart', { bucketBy: { backend: 'targetingKey', frontend: 'session' } }],
    ['layer-uncovered', { layers: ['frontend'] }],
    ['segments-unnamed', { targeting: { audience: 'segments', segments: [] } }],
  ])('P-S1-10 finds %s', (rule, change) => {
    expect(rules(change)).toContain(rule)
  })

  it('P-S1-12 asks a release flag for its end and an ops flag for the reason to stay', () => {
    const life = (change: Partial<Strategy>) =>
      runCheck('P-S1-12', withOutputs({ strategy: { ...strategy, ...change } })).state
    expect(life({ life: { owner: 'x' } })).toBe('fail')
    expect(life({ type: 'ops', life: { owner: 'x' } })).toBe('fail')
    expect(life({ type: 'ops', life: { owner: 'x', staysBecause: 'kill switch' } })).toBe('pass')
  })
})

describe('the flag', () => {
  it('P-S2-1 finds a flag that is on in production', () => {
    expect(runCheck('P-S2-1', served({ enabled: true })).findings).toEqual(['the flag is on in production'])
    const { flag: _none, ...without } = facts
    expect(runCheck('P-S2-1', without)).toMatchObject({
      state: 'fail',
      findings: ['the flag does not exist'],
    })
  })

  it('P-S2-4 compares 10,000 keys with the exact share, and takes nobody out when raising', () => {
    const { state, facts: figures } = runCheck('P-S2-4', facts)
    expect(state).toBe('pass')
    expect(figures).toMatchObject({
      verified: ['staging: engine and 1 connected SDKs', 'production: engine and 1 connected SDKs'],
      runs: [
        {
          environment: 'staging',
          keys: 10_000,
          allocations: [
            {
              variants: [
                { variant: 'on', expected: 0.3, observed: expect.closeTo(0.3, 1) },
                { variant: 'off', expected: 0.7 },
              ],
            },
          ],
          exposure: {
            steps: [10, 25, 50, 100].map((percent) => ({
              percent,
              observed: expect.closeTo(percent / 100, 1),
              takenOut: 0,
            })),
          },
        },
        { environment: 'production' },
      ],
    })
  })

  it('P-S2-4 finds a context that is served something else than expected', () => {
    const cases = [{ environment: 'staging', context: { targetingKey: 'bob' }, variant: 'on' }]
    const found = runCheck(
      'P-S2-4',
      withOutputs({ flags: { ...facts.outputs.flags, targetingCases: cases } }),
    )
    expect(found.findings).toEqual(['staging: targeting case 1: served is off, expected on'])
  })

  it('P-S2-3 finds a flag that the engine cannot evaluate', () => {
    expect(runCheck('P-S2-3', served({ fallthrough: { variant: 'gone' } })).state).toBe('fail')
    expect(runCheck('P-S2-4', served({ fallthrough: { variant: 'gone' } })).state).toBe('fail')
  })

  it('has a baseline that ignores kill switch, rollout rule and member lists, and nothing else', () => {
    const before = baselineOf(facts.flag, facts.environments)
    const owned = {
      id: 'r',
      name: 'r',
      when: { all: [] },
      serve: { variant: 'on' },
      rollout: { id: 'rollout_1', attempt: 1, treatment: 'on', control: 'off', keySampleRate: 1 },
    }
    expect(
      baselineOf(served({ enabled: true, rules: [...flag.rules, owned] }).flag, facts.environments),
    ).toEqual(before)
    const more = facts.environments.map((it) => ({ ...it, segments: [{ key: 'staff', include: ['bob'] }] }))
    expect(baselineOf(facts.flag, more)).toEqual(before)
    expect(baselineOf(served({ rules: [] }).flag, facts.environments)).not.toEqual(before)
    const other = facts.environments.map((it) => ({ ...it, segments: [{ key: 'staff', when: { all: [] } }] }))
    expect(baselineOf(facts.flag, other)).not.toEqual(before)
  })
})

describe('plan, monitoring, rollback', () => {
  const planned = (change: Partial<ServedPlan>, more: Partial<FlagRolloutFacts['inputs']> = {}) => ({
    ...withOutputs({ plan: { ...facts.outputs.plan, plan: { ...plan, ...change } } }),
    inputs: { ...facts.inputs, ...more },
  })

  it('P-S3-5 finds variants and environments that do not exist, and a plan that ends too early', () => {
    expect(runCheck('P-S3-5', planned({ treatment: 'blue' })).findings).toContain(
      'the flag has no variant blue',
    )
    expect(runCheck('P-S3-5', planned({ environment: 'moon' })).findings).toContain(
      'there is no environment moon',
    )
    expect(runCheck('P-S3-5', planned({ stages: plan.stages.slice(0, 2) })).state).toBe('fail')
  })

  it('P-S3-5 keeps the risk tolerance of P-I10', () => {
    const tolerance = { maxErrorRateIncrease: 50, maxLatencyIncrease: 50, maxExposedUsers: 20_000 }
    expect(runCheck('P-S3-5', planned({}, { tolerance })).findings.join()).toContain('risk-ratio')
  })

  it('P-S3-5 is unknown while nobody says how large the segments are', () => {
    expect(runCheck('P-S3-5', withOutputs({ plan: { plan, timeline: {} } })).state).toBe('unknown')
  })

  it('P-S3-4 finds a timeline that is too short', () => {
    const timeline = { start: '2026-03-02T10:00:00Z', expectedCompletion: '2026-03-03T10:00:00Z' }
    expect(runCheck('P-S3-4', withOutputs({ plan: { ...facts.outputs.plan, timeline } })).state).toBe('fail')
  })

  it('P-S3-4 finds a checkpoint outside of the timeline, and two frequencies of review', () => {
    const at = (checkpoint: string, reviewEveryMinutes: number) => {
      const reviews = { everyMs: 3_600_000, checkpoints: [checkpoint], role: 'operations-lead' } as const
      const timeline = { start: '2026-03-02T10:00:00Z' }
      const monitoring = { keyMetrics: ['errors'], reviewEveryMinutes }
      const written = { ...facts.outputs.plan, plan: { ...plan, reviews }, timeline, monitoring }
      return runCheck('P-S3-4', withOutputs({ plan: written })).findings
    }
    expect(at('2026-03-03T10:00:00Z', 60)).toEqual([])
    expect(at('2026-03-02T10:00:00Z', 30)).toEqual([
      'the checkpoint 2026-03-02T10:00:00Z lies outside of the timeline',
      'the plan asks for a review every 60 minutes; its monitoring requirements say 30',
    ])
  })

  it('P-S3-8 lets no feature of high risk begin with everybody', () => {
    const review = { ...strategy.review, riskLevel: 'high' as const }
    const { stages } = plan
    const high = { ...planned({ stages: stages.slice(2) }) }
    expect(
      runCheck('P-S3-8', { ...high, outputs: { ...high.outputs, strategy: { ...strategy, review } } }).state,
    ).toBe('fail')
  })

  it('P-S3-8 wants the plan to be as P-I9 asks: gradual in increments, immediate at once', () => {
    const low = { ...strategy, review: { ...strategy.review, riskLevel: 'low' as const } }
    const at = (stages: readonly Stage[], mode: 'gradual' | 'immediate') => {
      const it = planned({ stages }, { mode })
      return runCheck('P-S3-8', { ...it, outputs: { ...it.outputs, strategy: low } })
    }
    const [last] = plan.stages.slice(-1)
    const once = last === undefined ? [] : [last]
    expect(at(once, 'immediate').state).toBe('pass')
    expect(at(plan.stages, 'gradual').state).toBe('pass')
    expect(at(plan.stages, 'immediate').findings.join()).toContain('P-I9 asks for an immediate rollout')
    expect(at(once, 'gradual').findings.join()).toContain('P-I9 asks for a gradual rollout')
  })

  it('P-S3-9 wants an answer to each line of the review, or why there is none', () => {
    const wishes = { earliestStart: '2026-04-01T08:00:00Z', deadline: '2026-04-30T08:00:00Z' }
    const tolerance = { maxErrorRateIncrease: 100, maxLatencyIncrease: 100, maxExposedUsers: 5 }
    const at = (more: object, inputs: object) => {
      const it = planned({}, inputs)
      const output = { ...it.outputs.plan, ...more }
      return runCheck('P-S3-9', { ...it, outputs: { ...it.outputs, plan: output } })
    }
    expect(at({}, {}).state).toBe('pass')
    expect(at({ expectations: undefined }, {}).findings.join()).toContain('userImpact: what should happen')
    const inTime = { start: '2026-04-02T08:00:00Z', expectedCompletion: '2026-04-20T08:00:00Z' }
    expect(at({ timeline: inTime }, wishes).state).toBe('pass')
    expect(at({ timeline: {} }, wishes).findings).toEqual([
      'timeline: it is to start 2026-04-01T08:00:00Z or later; the plan names no start',
    ])
    const late = { ...inTime, expectedCompletion: '2026-05-20T08:00:00Z' }
    expect(at({ timeline: late }, wishes).findings.join()).toContain('after the wished 2026-04-30T08:00:00Z')
    const why = { ...review, unanswered: { timeline: 'The Product Owner accepts three weeks more.' } }
    expect(at({ timeline: late, review: why }, wishes).state).toBe('pass')
    expect(at({}, { tolerance }).findings.join()).toContain('5 may be before a person looks')
    expect(at({ review: undefined }, {}).state).toBe('unknown')
  })

  it('P-S3-6 says that nothing is known without traffic, and what would be enough where it is low', () => {
    const none = { history: historyOf([], new Date()), replay: notReplayed() }
    expect(runCheck('P-S3-6', { ...facts, traffic: none }).findings.join()).toContain('no unexposed request')
    const low = historyOf(
      history.windows.map((it) => ({ ...it, n: slices(1), bad: slices(0) })),
      new Date('2026-03-02T10:44:00Z'),
    )
    const found = runCheck('P-S3-6', { ...facts, traffic: { ...none, history: low } })
    expect(found.state).toBe('fail')
    expect(found.findings[0]).toMatch(
      /^underpowered: errors: at this traffic a regression of 2 times is seen not at all/,
    )
  })

  it('P-S3-5 refuses a plan that would have rolled back unchanged traffic, and says when and why', () => {
    const replay = {
      ...notReplayed(),
      verdict: 'rolls-back' as const,
      steps: [
        {
          stage: 2,
          increment: 0,
          name: 'gradual',
          afterwards: false,
          users: 1,
          percent: 10,
          control: true,
          splits: 10,
          rolledBack: 2,
          held: 0,
          reason: 'errors: F1r',
          breach: null,
          at: new Date('2026-03-01T09:00:00Z'),
          goAfterWindows: null,
        },
      ],
    }
    const found = runCheck('P-S3-5', { ...facts, traffic: { history, replay } })
    expect(found.state).toBe('fail')
    expect(found.findings).toEqual([
      expect.stringMatching(
        /^aa-replay: .* at 10 % of stage gradual, in 2 of 10 ways .* 2026-03-01T09:00:00\.000Z: errors: F1r/,
      ),
    ])
  })

  it('P-S4-1 and P-S4-10 name the criterion without a metric or an alert', () => {
    const bare = withOutputs({ monitoring: {} })
    expect(runCheck('P-S4-1', bare).findings).toEqual([
      'criterion errors has no metric',
      ...['errors', 'response-time', 'engagement', 'business'].map(
        (it) => `no metric is of the kind ${it}, and nothing says why the rollout does without`,
      ),
    ])
    expect(runCheck('P-S4-10', bare).findings).toEqual(['criterion errors has no alert'])
  })

  it('P-S3-5 refuses a query that is wrong, does not know one that is not answered, and shows what is empty', () => {
    const source = { kind: 'prometheus', connection: 'main', total: 'all_total', bad: 'bad_total' } as const
    const criteria = [guardrail('errors', source, { ceiling: 0.02 })]
    const counted = withOutputs({ plan: { ...facts.outputs.plan, plan: { ...plan, criteria } } })
    const tried = (kind: MetricTrial['kind'], lagMs = 30_000) =>
      runCheck('P-S3-5', { ...counted, trials: [{ of: 'errors', kind, detail: 'because', lagMs }] })
    expect(runCheck('P-S3-5', counted)).toMatchObject({
      state: 'unknown',
      findings: ['errors: nobody has asked for it yet'],
    })
    expect(tried('ok').state).toBe('pass')
    expect(tried('bad_query')).toMatchObject({ state: 'fail', findings: ['errors: bad query, because'] })
    expect(tried('ambiguous').state).toBe('fail')
    expect(tried('provider_error').state).toBe('unknown')
    const empty = tried('empty')
    expect(empty.state).toBe('pass')
    expect(JSON.stringify(empty.facts)).toContain('errors: empty, because')
    expect(tried('ok', 900_000).findings).toEqual([expect.stringContaining('set lagMs')])
  })

  it('P-S4-1 P-S4-11 wants metrics of a form that fits, that can be asked for', () => {
    const named = {
      name: 'cpu',
      kind: 'resources',
      source: 'prometheus',
      connection: 'main',
      counted: { form: 'level', query: 'cpu', limit: 0.8 },
    } as const
    const { monitoring } = facts.outputs
    const withMetric = (metric: BoundMetric) =>
      withOutputs({ monitoring: { ...monitoring, metrics: [...(monitoring.metrics ?? []), metric] } })
    const asked = (kind: MetricTrial['kind']) =>
      runCheck('P-S4-1', { ...withMetric(named), trials: [{ of: 'cpu', kind, detail: 'because' }] })
    expect(runCheck('P-S4-1', withMetric(named)).state).toBe('unknown')
    expect(asked('ok').state).toBe('pass')
    expect(asked('bad_query').findings).toEqual(['cpu: bad query, because'])
    const shared = withMetric({ ...named, counted: { form: 'count', total: 'cpu' } })
    expect(runCheck('P-S4-1', shared).findings).toEqual(['cpu: resources is no count; it can be level'])
  })

  it('P-S5-1 wants triggers of every class, bound to something that exists', () => {
    const triggers = [{ class: 'critical' as const, event: 'loss', bound: { criterion: 'losses' } }]
    expect(runCheck('P-S5-1', withOutputs({ rollback: { triggers } })).findings).toEqual([
      'no trigger of class performance',
      'no trigger of class user-impact',
      '"loss" is bound to the criterion losses, which the plan does not have',
    ])
  })

  it('P-S5-1 wants alerts that something can send, and people that are known', () => {
    const triggers = [
      { class: 'critical' as const, event: 'down', bound: { alert: 'ShopDown' } },
      { class: 'performance' as const, event: 'slow', bound: { person: 'nobody' } },
      {
        class: 'user-impact' as const,
        event: 'lost',
        bound: { report: 'data-loss' as const, severity: 'major' as const },
      },
    ]
    expect(runCheck('P-S5-1', withOutputs({ rollback: { triggers } })).findings).toEqual([
      '"down" is bound to the alert ShopDown, and nothing is connected that could send it',
      '"slow" is bound to nobody, who is neither a person nor a role here',
    ])
  })

  it('P-S5-1 wants the rule of an alert to be loaded, and does not know where Prometheus does not answer', () => {
    const bound = { alert: 'ShopDown' }
    const triggers = (['critical', 'performance', 'user-impact'] as const).map((it) => ({
      class: it,
      event: it,
      bound,
    }))
    const at = (alertRules: FlagRolloutFacts['alertRules']) =>
      runCheck('P-S5-1', {
        ...withOutputs({ rollback: { triggers } }),
        rollback: { hooks: [], people: [], sources: ['pager'] },
        ...(alertRules === undefined ? {} : { alertRules }),
      })
    expect(at(undefined)).toMatchObject({ state: 'pass', facts: { triggers: 3 } })
    const none = { rules: [], asked: [], failed: [] }
    expect(at(none)).toMatchObject({
      state: 'pass',
      facts: { alertRulesNotLookedUp: 'no Prometheus is connected where the plan rolls out' },
    })
    expect(at({ ...none, failed: ['main: not reached'] })).toMatchObject({
      state: 'unknown',
      findings: ['the rule of the alert ShopDown was not found: main: not reached'],
    })
    expect(at({ ...none, asked: ['main'] }).findings).toEqual([
      'no rule of the alert ShopDown is loaded in main',
    ])
    const rule = { alert: 'ShopDown', connection: 'main', group: 'g', file: 'f', query: 'up', link: 'l' }
    expect(at({ rules: [{ ...rule, health: 'ok' }], asked: ['main'], failed: [] }).state).toBe('pass')
    expect(at({ rules: [{ ...rule, health: 'err' }], asked: ['main'], failed: [] }).findings).toEqual([
      'the rule of the alert ShopDown in main fails',
    ])
  })

  it('P-S5-3 P-S5-4 P-S5-5 P-S5-8 wants a hook of that part that exists, or the reason why there is none', () => {
    const code = { targetVersion: '1.4.2', steps: ['x'], verify: 'x', watchMinutes: 1 }
    const findings = (check: string, output: object) =>
      runCheck(check, withOutputs({ rollback: { ...facts.outputs.rollback, ...output } })).findings
    expect(findings('P-S5-3', { codeRollback: code })).toEqual([
      'no hook carries it out, and it is not said why',
    ])
    expect(
      findings('P-S5-3', { codeRollback: { ...code, hook: { key: 'deploy-back', version: 2 } } }),
    ).toEqual(['there is no hook deploy-back in version 2'])
    const data = {
      supported: true,
      steps: ['x'],
      integrityCheck: 'x',
      watch: { everySeconds: 300, forSeconds: 60 },
    }
    expect(findings('P-S5-4', { dataRollback: data })).toEqual([
      'no hook carries it out: data is put back by its contract only',
    ])
    const wrong = { ...data, hook: { key: 'deploy-back', version: 1 } }
    expect(findings('P-S5-4', { dataRollback: wrong })).toEqual([
      'the hook deploy-back puts code back, not data',
    ])
    expect(findings('P-S5-8', { dataRollback: data })).toEqual([
      'watched for 60 s, and looked at every 300 s only',
    ])
    expect(findings('P-S5-5', { quickDisable: { steps: [] } })).toEqual([
      'quick disable: no steps',
      'quick disable: no verification',
      'quick disable: no watch afterwards',
    ])
  })

  it('P-S5-9 is unknown until a hook was run on staging, or tried dry where there is none', () => {
    const hook = { key: 'deploy-back', version: 1, part: 'code' as const }
    const state = (found: object) => {
      const rollback = { hooks: [{ ...hook, staging: true as const, ...found }], people: [], sources: [] }
      return runCheck('P-S5-9', { ...facts, rollback }).state
    }
    expect(state({ rehearsed: 'hookrun_2' })).toBe('unknown')
    expect(state({ ranOnStaging: 'hookrun_2' })).toBe('pass')
    expect(state({ staging: { none: 'one machine' } })).toBe('unknown')
    expect(state({ staging: { none: 'one machine' }, rehearsed: 'hookrun_2' })).toBe('pass')
  })

  it('P-S5-10 finds a procedure that does not exist, or does not look at what the steps rest on', () => {
    const handed = (definition?: { id: string; version: number }) =>
      runCheck(
        'P-S5-10',
        withOutputs({
          rollback: {
            ...facts.outputs.rollback,
            handover: { procedure: 'Rollback', ...(definition === undefined ? {} : { definition }) },
          },
        }),
      )
    expect(handed().state).toBe('unknown')
    expect(handed({ id: 'rollback', version: 9 }).findings).toEqual([
      'there is no procedure rollback in version 9',
    ])
    expect(handed({ id: 'rollback', version: 1 }).findings).toEqual([
      'version 1 is not its newest, 2',
      'it does not look at P-RB-3, which these steps rest on',
    ])
  })

  it('P-S5-2 finds a kill switch that serves something else than the plan goes back to', () => {
    expect(runCheck('P-S5-2', served({ offVariant: 'on' })).state).toBe('fail')
  })

  it('P-S5-3 finds a code rollback to another version than documented', () => {
    expect(
      runCheck('P-S5-3', { ...facts, inputs: { ...facts.inputs, previousVersion: '1.4.1' } }).state,
    ).toBe('fail')
  })
})
