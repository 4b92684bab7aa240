/**
 * Dashboards as Grafana stores them. The one file that knows the foundation SDK, which is 0.0.x: a
 * new version of it changes nothing else.
 */
import type { Dashboard, Panel } from '@flagmarshal/domain/dashboard/panel'
import { DashboardBuilder, DashboardCursorSync, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

const GROUPS: Readonly<Record<Panel['group'], string>> = {
  metrics: 'Key metrics, exposed against control',
  usage: 'Usage',
  impact: 'Impact',
  rollout: 'Rollout',
  resources: 'Resources',
}
const UNITS: Readonly<Record<Panel['unit'], string>> = {
  share: 'percentunit',
  'per-second': 'reqps',
  seconds: 's',
  bytes: 'bytes',
  number: 'short',
}
/** Of Grafana's 24 columns. */
const WIDTH = 12
const HEIGHT = 8

/** What `/api/dashboards/db` takes as `dashboard`, and provisioning as a file. */
export function dashboardJson(dashboard: Dashboard): object {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .tags([...dashboard.tags])
    .refresh(`${dashboard.refreshSeconds}s`)
    .time({ from: 'now-1h', to: 'now' })
    .timezone('utc')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable()
  let group: Panel['group'] | undefined
  for (const panel of dashboard.panels) {
    if (panel.group !== group) builder.withRow(new RowBuilder(GROUPS[panel.group]))
    group = panel.group
    builder.withPanel(panelOf(panel))
  }
  return builder.build()
}

function panelOf(panel: Panel): PanelBuilder {
  const builder = new PanelBuilder()
    .title(panel.title)
    .unit(UNITS[panel.unit])
    .span(WIDTH)
    .height(HEIGHT)
    .description(
      panel.threshold === undefined ? '' : `No more than ${panel.threshold * 100} % is acceptable.`,
    )
  for (const { expression, legend } of panel.queries)
    builder.withTarget(new DataqueryBuilder().expr(expression).legendFormat(legend))
  return builder
}
