import { describe, expect, it } from 'vitest'

import type { Served } from '../../dashboard/built-in-panel.ts'
import type { MonitoringFound, PanelFound } from '../../monitoring/found.ts'
import { defaultPlan, guardrail } from '../../rollout/plan.ts'
import { runCheck } from './checks.ts'
import type { FlagRolloutFacts } from './facts.ts'
import type { LogQuery } from './outputs.ts'

const panel = {
  panel: 'metric-errors',
  title: 'errors',
  legend: 'control',
  population: 'unexposed',
  environment: 'production',
  state: 'data',
} as const satisfies PanelFound

const found: MonitoringFound = {
  environment: 'production',
  connection: 'main',
  rules: {
    checked: { state: 'right' },
    tested: { state: 'right' },
    testedWith: { errors: 'application' },
    count: 1,
    hash: 'h',
    installed: { state: 'right' },
    loaded: [{ rule: 'errors', health: 'ok' }],
    conflicts: [],
  },
  routes: {
    looked: { state: 'right' },
    routes: [{ rule: 'errors', person: 'otto', receivers: ['flagmarshal'] }],
  },
  dashboard: {
    uid: 'fm-1',
    refreshSeconds: 30,
    criteria: ['errors'],
    pushed: { url: 'https://grafana.example/d/fm-1', version: 3 },
  },
  panels: [panel],
}

const plan = {
  ...defaultPlan({ staff: 'staff', beta: 'beta' }, [
    guardrail('errors', { kind: 'telemetry', counts: 'bad' }, { ceiling: 0.02 }),
  ]),
  environment: 'production',
  treatment: 'on',
  control: 'off',
  bucketBy: 'targetingKey',
  expectedKeys: 20_000,
}

interface Changed {
  readonly alerting?: string
  readonly current?: boolean
  readonly refreshSeconds?: number
  /** null: nothing is said of it. */
  readonly logQuery?: LogQuery | null
}

const NO_LOGS: LogQuery = { absent: 'nothing is logged' }

function withFound(
  change: Partial<MonitoringFound> = {},
  { alerting = 'added', current = true, refreshSeconds = 30, logQuery = NO_LOGS }: Changed = {},
): FlagRolloutFacts {
  return {
    outputs: {
      strategy: {},
      flags: {},
      plan: { plan, monitoring: { keyMetrics: ['errors'], reviewEveryMinutes: 1 } },
      monitoring: {
        review: { logging: '', metrics: '', alerting, ...(logQuery === null ? {} : { logQuery }) },
        metrics: [{ criterion: 'errors', kind: 'errors', source: 'built-in-telemetry', metric: 'bad' }],
        dashboards: [{ name: 'rollout', refreshSeconds }],
        alerts: [{ criterion: 'errors', channel: 'ops', person: 'otto' }],
      },
      rollback: {},
    },
    inputs: {},
    environments: [{ key: 'production', protected: true, segments: [] }],
    serverKeys: 1,
    documents: {},
    writable: true,
    code: { all: [], flags: [] },
    tests: {},
    connected: { prometheus: true, alertmanager: true, grafana: true },
    exercises: {
      monitoring: {
        status: true,
        usage: true,
        setup: { id: 'monitoring_1', evidence: 'e', current, found: { ...found, ...change } },
      },
    },
  }
}

const { rules, routes } = found

describe('what was set up', () => {
  it.each(['P-S4-2', 'P-S4-3', 'P-S4-7', 'P-S4-9', 'P-S4-10', 'P-S4-13'])(
    '%s passes where all is right',
    (id) => {
      expect(runCheck(id, withFound())).toMatchObject({ state: 'pass', findings: [] })
    },
  )

  it.each(['P-S4-2', 'P-S4-3', 'P-S4-7', 'P-S4-9', 'P-S4-10', 'P-S4-13'])(
    '%s is unknown once the plan is another one',
    (id) => {
      expect(runCheck(id, withFound({}, { current: false })).state).toBe('unknown')
    },
  )

  it.each([
    ['P-S4-3', 'a rule that promtool refuses', { rules: { ...rules, checked: { state: 'wrong' } } }, 'fail'],
    [
      'P-S4-3',
      'a rule that fails its unit test',
      { rules: { ...rules, tested: { state: 'wrong' } } },
      'fail',
    ],
    ['P-S4-3', 'rules that are not loaded', { rules: { ...rules, loaded: [] } }, 'fail'],
    [
      'P-S4-3',
      'a sick rule',
      { rules: { ...rules, loaded: [{ rule: 'errors', health: 'err', error: 'no' }] } },
      'fail',
    ],
    [
      'P-S4-3',
      'a machine without promtool',
      { rules: { ...rules, tested: { state: 'not looked at' } } },
      'unknown',
    ],
    ['P-S4-7', 'a panel without data', { panels: [{ ...panel, state: 'empty' }] }, 'unknown'],
    ['P-S4-7', 'a panel that cannot be evaluated', { panels: [{ ...panel, state: 'failed' }] }, 'fail'],
    [
      'P-S4-2',
      'a dashboard that was not taken',
      { dashboard: { ...found.dashboard, pushed: undefined } },
      'fail',
    ],
    ['P-S4-10', 'a criterion without a panel', { dashboard: { ...found.dashboard, criteria: [] } }, 'fail'],
    ['P-S4-10', 'a rule without a person', { routes: { ...routes, routes: [] } }, 'fail'],
    ['P-S4-13', 'unexposed users seen elsewhere', { panels: [{ ...panel, environment: 'staging' }] }, 'fail'],
  ])('%s sees %s', (id, _, change, state) => {
    // `pushed` is absent, not undefined, where nothing was pushed.
    const plain = JSON.parse(JSON.stringify(change)) as Partial<MonitoringFound>
    expect(runCheck(id, withFound(plain)).state).toBe(state)
  })

  it('P-S4-9 lists the rules of others on the same metrics until the review accounts for them', () => {
    const conflict = {
      rule: 'OldErrors',
      group: 'g',
      file: 'f',
      metrics: ['m'],
      kind: 'same-metrics',
    } as const
    const change = { rules: { ...rules, conflicts: [conflict] } }
    expect(runCheck('P-S4-9', withFound(change)).findings[0]).toContain('OldErrors (g) reads m')
    expect(runCheck('P-S4-9', withFound(change, { alerting: 'OldErrors is kept: tickets only' })).state).toBe(
      'pass',
    )
  })

  it('P-S4-9 wants to see what the log query returned, or to be told that there is none', () => {
    const said = (logQuery: LogQuery | null, logs: Record<string, number> = {}) =>
      runCheck('P-S4-9', { ...withFound({}, { logQuery }), logs })
    expect(said(null)).toMatchObject({ state: 'unknown', findings: [expect.stringContaining('log query')] })
    const named = { query: 'checkout errors', returned: 'a1b2' }
    expect(said(named)).toMatchObject({ state: 'fail', findings: [expect.stringContaining('is no upload')] })
    expect(said(named, { a1b2: 0 }).findings).toEqual([
      'the log query "checkout errors" has returned no line',
    ])
    expect(said(named, { a1b2: 3 })).toMatchObject({ state: 'pass', facts: { lines: 3, upload: 'a1b2' } })
    expect(said(NO_LOGS)).toMatchObject({ state: 'pass', facts: { logQuery: 'absent: nothing is logged' } })
  })

  it('P-S4-4 wants somebody who exists at the end of each alert', () => {
    const people = (known: readonly string[]) =>
      runCheck('P-S4-4', { ...withFound(), rollback: { hooks: [], people: known, sources: [] } })
    expect(people([])).toMatchObject({
      state: 'fail',
      findings: ['otto, whom errors reaches, is neither a person nor a role here'],
    })
    expect(people(['otto']).state).toBe('unknown')
  })

  it('P-S4-7 P-S4-13 without Prometheus each panel names the built-in source and the environment of its data', () => {
    const at = (seen: Partial<NonNullable<FlagRolloutFacts['exercises']>>, served: readonly Served[]) => {
      const facts = withFound()
      const metric = { name: 'cpu', kind: 'resources', source: 'built-in-telemetry' } as const
      const counted = { form: 'level', resource: 'cpu', limit: 1 } as const
      const { monitoring } = facts.outputs
      const metrics = [...(monitoring.metrics ?? []), { ...metric, counted }]
      const without: FlagRolloutFacts = {
        ...facts,
        outputs: { ...facts.outputs, monitoring: { ...monitoring, metrics } },
        connected: { prometheus: false, alertmanager: false, grafana: false },
        exercises: { ...seen, monitoring: { status: true, usage: true, served } },
        trials: [{ of: 'cpu', kind: 'ok', detail: '1 instances' }],
      }
      return { panels: runCheck('P-S4-7', without), populations: runCheck('P-S4-13', without) }
    }
    const served = [{ environment: 'production', variant: 'off' }]
    const nobody = at({}, served)
    expect(nobody.populations).toMatchObject({
      state: 'unknown',
      findings: [
        'errors: exposed against control (exposed) has no data in production',
        'Requests that asked the flag (exposed) has no data in production',
        'errors: exposed minus control (difference) has no data in production',
      ],
    })
    const staged = at({}, [...served, { environment: 'staging', variant: 'on' }])
    const row = (panel: string, legend: string, environment: string) => ({
      panel,
      legend,
      environment,
      source: 'built-in',
      state: 'data',
    })
    expect(staged.populations).toMatchObject({
      state: 'pass',
      facts: {
        panels: [
          row('metric-errors', 'exposed', 'staging'),
          row('metric-errors', 'not exposed', 'production'),
          row('usage', 'exposed', 'staging'),
          row('usage', 'not exposed', 'production'),
          row('impact-errors', 'difference', 'staging'),
          row('resource-cpu', 'cpu', 'production'),
        ],
      },
    })
    expect(staged.panels.state).toBe('pass')
    const elsewhere = at({}, [
      { environment: 'staging', variant: 'off' },
      { environment: 'staging', variant: 'on' },
    ])
    expect(elsewhere.populations.facts['panels']).toContainEqual(row('usage', 'not exposed', 'staging'))
    expect(at({}, [{ environment: 'staging', variant: 'on' }]).panels.findings).toContain(
      'Requests that asked the flag (not exposed) returns nothing in production',
    )
    const found = {
      nonce: 'n',
      rule: 'errors',
      numbers: { requests: 1, share: 1, threshold: 1 },
      hops: [],
      channels: [],
    }
    const alert = { id: 'drill_1', evidence: 'e', current: true, found }
    // The drill stands in for the criterion that was drilled; who asked the flag it does not say.
    expect(at({ alert }, served).populations.findings).toEqual([
      'Requests that asked the flag (exposed) has no data in production',
    ])
  })

  it('P-S4-2 P-S4-13 a dashboard that is refreshed more rarely than it is reviewed', () => {
    for (const id of ['P-S4-2', 'P-S4-13'])
      expect(runCheck(id, withFound({}, { refreshSeconds: 61 })).findings[0]).toContain('every 61 s')
  })

  it('P-S4-6 wants the drill through the systems that are connected', () => {
    const facts = withFound()
    const drill = {
      nonce: 'n',
      rule: 'errors',
      numbers: { requests: 1, share: 1, threshold: 0 },
      hops: [],
      channels: [],
    }
    const with_ = (through: 'built-in' | 'prometheus') => ({
      ...facts,
      exercises: {
        monitoring: { status: true, usage: true },
        alert: { id: 'drill_1', evidence: 'e', current: true, found: { ...drill, through } },
      },
    })
    expect(runCheck('P-S4-6', with_('built-in')).state).toBe('unknown')
    expect(runCheck('P-S4-6', with_('prometheus')).state).toBe('pass')
  })

  it('P-V3 fails while a rule or the dashboard is not as it was set up', () => {
    const facts = withFound()
    const seen = (sighting: { faults: string[]; unknown: string[] }): FlagRolloutFacts => ({
      ...facts,
      exercises: {
        monitoring: { status: true, usage: true, sighting: { at: '2026-03-02T10:00:00Z', ...sighting } },
      },
    })
    expect(runCheck('P-V3', seen({ faults: ['the dashboard is gone'], unknown: [] })).findings).toContain(
      'the dashboard is gone',
    )
    const ready = { flag: { key: 'f', kind: 'release', layers: [], owner: 'o', configurations: [] } } as const
    expect(runCheck('P-V3', { ...seen({ faults: [], unknown: ['Grafana'] }), ...ready }).state).toBe(
      'unknown',
    )
    expect(runCheck('P-V3', { ...seen({ faults: [], unknown: [] }), ...ready }).state).toBe('pass')
  })
})
