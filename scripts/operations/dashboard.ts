/**
 * The dashboard of the product itself, as Grafana provisions it: written to
 * deploy/grafana/dashboards/flagmarshal.json. Dashboards of rollouts are another thing; the server makes them.
 */

interface Panel {
  readonly title: string
  readonly unit: 's' | 'short' | 'reqps' | 'bytes' | 'percentunit'
  /** Expressions by their legend. */
  readonly shows: Readonly<Record<string, string>>
  readonly about?: string
}

interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

const http = 'flagmarshal_http_request_duration_seconds'
const p99 = (metric: string, by = 'le') =>
  `histogram_quantile(0.99, sum by (${by}) (rate(${metric}_bucket[$__rate_interval])))`

const ROWS: readonly Row[] = [
  {
    title: 'Can it serve?',
    panels: [
      { title: 'Ready', unit: 'short', shows: { '{{instance}}': 'flagmarshal_ready' } },
      {
        title: 'Parts that are ready',
        unit: 'short',
        shows: { '{{part}}': 'min by (part) (flagmarshal_part_ready)' },
      },
      {
        title: 'Age of what is served',
        unit: 's',
        shows: { '{{instance}}': 'flagmarshal_revision_age_seconds' },
        about: 'Since it was last compared with the database: it grows while the database is away.',
      },
      {
        title: 'Answer of the database',
        unit: 's',
        shows: { '{{instance}}': 'flagmarshal_database_answer_seconds' },
      },
    ],
  },
  {
    title: 'Applications',
    panels: [
      {
        title: 'Open streams',
        unit: 'short',
        shows: { '{{project}}/{{environment}}': 'sum by (project, environment) (flagmarshal_streams_open)' },
      },
      {
        title: 'Instances',
        unit: 'short',
        shows: { '{{state}}': 'sum by (state) (max without (instance, job) (flagmarshal_instances))' },
        about: 'Heard of in the last hour; behind: connected, and not yet at the latest revision.',
      },
      {
        title: 'A change until it is confirmed',
        unit: 's',
        shows: {
          p50: 'histogram_quantile(0.5, sum by (le) (rate(flagmarshal_acknowledgement_seconds_bucket[$__rate_interval])))',
          p99: p99('flagmarshal_acknowledgement_seconds'),
        },
      },
      {
        title: 'Evaluations over HTTP',
        unit: 'reqps',
        shows: { '{{reason}}': 'sum by (reason) (rate(flagmarshal_evaluations_total[$__rate_interval]))' },
      },
    ],
  },
  {
    title: 'Rollouts',
    panels: [
      {
        title: 'Rollouts that are looked at',
        unit: 'short',
        shows: { watched: 'max(flagmarshal_controller_watched)' },
      },
      {
        title: 'The one that waits longest is late by',
        unit: 's',
        shows: { late: 'max(flagmarshal_controller_overdue_seconds)' },
      },
      {
        title: 'Looks that failed',
        unit: 'reqps',
        shows: {
          failed:
            'sum(rate(flagmarshal_rollout_ticks_total{result="failed"}[$__rate_interval])) or vector(0)',
        },
      },
      {
        title: 'Looks begin late by (p99)',
        unit: 's',
        shows: { p99: p99('flagmarshal_rollout_tick_late_seconds') },
      },
    ],
  },
  {
    title: 'Messages',
    panels: [
      {
        title: 'Waiting and given up',
        unit: 'short',
        shows: {
          '{{project}}/{{channel}} {{state}}': 'max by (project, channel, state) (flagmarshal_deliveries)',
        },
      },
      {
        title: 'The oldest has waited',
        unit: 's',
        shows: {
          '{{project}}/{{channel}}': 'max by (project, channel) (flagmarshal_delivery_oldest_seconds)',
        },
      },
      {
        title: 'Attempts',
        unit: 'reqps',
        shows: {
          '{{kind}} {{outcome}}':
            'sum by (kind, outcome) (rate(flagmarshal_delivery_attempts_total[$__rate_interval]))',
        },
      },
      { title: 'Secrets that no key opens', unit: 'short', shows: { lost: 'max(flagmarshal_secrets_lost)' } },
    ],
  },
  {
    title: 'Requests',
    panels: [
      {
        title: 'Requests by status',
        unit: 'reqps',
        shows: { '{{status}}': `sum by (status) (rate(${http}_count[$__rate_interval]))` },
      },
      {
        title: 'Faults of the server',
        unit: 'percentunit',
        shows: {
          share: `(sum(rate(${http}_count{status=~"5.."}[$__rate_interval])) or vector(0)) / sum(rate(${http}_count[$__rate_interval]))`,
        },
      },
      {
        title: 'The slowest operations (p99)',
        unit: 's',
        shows: {
          '{{operation}}': `topk(8, histogram_quantile(0.99, sum by (le, operation) (rate(${http}_bucket{operation!~"stream.*|follow.*"}[$__rate_interval]))))`,
        },
      },
      {
        title: 'Database errors',
        unit: 'reqps',
        shows: { '{{kind}}': 'sum by (kind) (rate(flagmarshal_database_errors_total[$__rate_interval]))' },
      },
    ],
  },
  {
    title: 'Process',
    panels: [
      {
        title: 'Memory',
        unit: 'bytes',
        shows: { '{{instance}}': 'process_resident_memory_bytes{job="flagmarshal"}' },
      },
      {
        title: 'Processor',
        unit: 'percentunit',
        shows: { '{{instance}}': 'rate(process_cpu_seconds_total{job="flagmarshal"}[$__rate_interval])' },
      },
      {
        title: 'Stalls of the event loop (p99)',
        unit: 's',
        shows: { '{{instance}}': 'nodejs_eventloop_lag_p99_seconds{job="flagmarshal"}' },
      },
      {
        title: 'Open files and connections',
        unit: 'short',
        shows: { '{{instance}}': 'process_open_fds{job="flagmarshal"}' },
      },
    ],
  },
]

/** Of Grafana's 24 columns: four panels beside each other. */
const WIDTH = 6
const HEIGHT = 7
const SOURCE = { type: 'prometheus', uid: '${datasource}' }

/** The file's text. */
export function dashboardText(): string {
  let id = 0
  let y = 0
  const panels = ROWS.flatMap(({ title, panels: inRow }) => {
    const row = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    }
    const below = inRow.map((it, column) => panelOf(it, ++id, { x: column * WIDTH, y: y + 1 }))
    y += 1 + HEIGHT
    return [row, ...below]
  })
  const dashboard = {
    uid: 'flagmarshal-product',
    title: 'Flagmarshal: how it is itself',
    tags: ['flagmarshal'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    timezone: 'utc',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    graphTooltip: 1,
    templating: {
      list: [{ name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0 }],
    },
    annotations: { list: [] },
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}

function panelOf(panel: Panel, id: number, at: { readonly x: number; readonly y: number }): object {
  return {
    id,
    type: 'timeseries',
    title: panel.title,
    description: panel.about ?? '',
    datasource: SOURCE,
    gridPos: { ...at, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit: panel.unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: Object.entries(panel.shows).map(([legendFormat, expr], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  }
}
