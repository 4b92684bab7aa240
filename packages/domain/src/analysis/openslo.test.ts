/** OpenSLO v1 ratio objectives as criteria. */
import { describe, expect, it } from 'vitest'

import { isRefusal } from '../refusal.ts'
import { criteriaOfSlos } from './openslo.ts'

const apiVersion = 'openslo/v1'
const query = (text: string) => ({ metricSource: { metricSourceRef: 'prom', spec: { query: text } } })
const source = {
  apiVersion,
  kind: 'DataSource',
  metadata: { name: 'prom' },
  spec: { type: 'Prometheus', connectionDetails: { url: 'http://prometheus:9090' } },
}
const sli = {
  apiVersion,
  kind: 'SLI',
  metadata: { name: 'answers' },
  spec: {
    ratioMetric: { counter: true, good: query('sum(good_total{job="shop"})'), total: query('all_total') },
  },
}
const slo = {
  apiVersion,
  kind: 'SLO',
  metadata: { name: 'Shop Answers' },
  spec: { service: 'shop', indicatorRef: 'answers', objectives: [{ target: 0.999 }] },
}

const refusal = (documents: readonly unknown[], connections = { all: 'main' }) => {
  const made = criteriaOfSlos(documents, connections)
  return isRefusal(made) ? made.message : made
}

describe('an OpenSLO objective', () => {
  it('becomes a guardrail with the same counts and the target as ceiling', () => {
    expect(criteriaOfSlos([source, sli, slo], { byDataSource: { prom: 'main' } })).toMatchObject([
      {
        id: 'shop-answers',
        role: 'guardrail',
        ceiling: 0.001,
        source: {
          kind: 'prometheus',
          connection: 'main',
          good: 'good_total{job="shop"}',
          total: 'all_total',
          slo: 'Shop Answers',
        },
      },
    ])
  })

  it('may hold its indicator itself, count what is bad, and have several targets', () => {
    const ratioMetric = {
      bad: query('sum by (arm) (increase(bad_total[{{.window}}]))'),
      total: query('sum by (arm) (increase(all_total[{{ .window }}]))'),
    }
    const spec = {
      indicator: { spec: { ratioMetric } },
      objectives: [{ target: 0.99 }, { targetPercent: 95 }],
    }
    expect(criteriaOfSlos([{ ...slo, spec }], { all: 'main' })).toMatchObject([
      { id: 'shop-answers-1', ceiling: 0.01, source: { bad: 'sum by (arm) (increase(bad_total[$window]))' } },
      { id: 'shop-answers-2', ceiling: 0.05 },
    ])
  })

  it.each([
    ['no SLO', [sli], 'no document of the kind SLO'],
    ['another version', [{ ...slo, apiVersion: 'openslo/v2alpha' }], 'openslo/v1'],
    ['an SLI that is not here', [slo], 'names no SLI'],
    [
      'time slices',
      [sli, { ...slo, spec: { ...slo.spec, budgetingMethod: 'Timeslices' } }],
      'only occurrences',
    ],
    ['a threshold', [{ ...sli, spec: { thresholdMetric: query('latency') } }, slo], 'is no ratio'],
    [
      'no target',
      [sli, { ...slo, spec: { ...slo.spec, objectives: [{ target: 1 }] } }],
      'target between 0 and 1',
    ],
    ['another program', [{ ...source, spec: { type: 'Datadog' } }, sli, slo], 'measured with Datadog'],
    [
      'gauges',
      [{ ...sli, spec: { ratioMetric: { ...sli.spec.ratioMetric, counter: false } } }, slo],
      'does not say that its metrics are counters',
    ],
    [
      'a rate',
      [
        {
          ...sli,
          spec: { ratioMetric: { counter: true, bad: query('rate(a[5m])'), total: query('rate(b[5m])') } },
        },
        slo,
      ],
      'selector of counters',
    ],
    ['twice the same name', [sli, slo, slo], 'two objectives'],
    ['nothing', [], 'no document'],
    ['what is no document', ['text', 7, null], 'no document'],
  ])('is refused with %s', (_, documents, why) => {
    expect(refusal(documents)).toContain(why)
  })

  it('is refused without a connection', () => {
    expect(refusal([sli, slo], {} as { all: string })).toContain('no connection')
  })
})
