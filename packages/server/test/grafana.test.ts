/** Dashboards against a small server with the traps of Grafana. */
import { dashboardOf } from '@flagmarshal/domain/dashboard/panel'
import type { Dashboard } from '@flagmarshal/domain/dashboard/panel'
import { createOutgoing } from '@flagmarshal/server/integrations/http/outgoing'
import { describe, expect, it } from 'vitest'

import { grafanaDashboards } from '../src/integrations/grafana/dashboards.ts'
import { startGrafana } from './support/grafana.ts'

const dashboards = grafanaDashboards(createOutgoing(['127.0.0.1']))

const dashboard: Dashboard = dashboardOf({
  project: 'shop',
  environment: 'production',
  flag: 'search',
  feature: 'search',
  criteria: [
    { id: 'errors', queries: { total: 't[$window]', side: 'b[$window]', good: false }, ceiling: 0.02 },
  ],
  windowMs: 60_000,
  refreshSeconds: 15,
  uid: 'fm-search',
  resources: [],
})

describe.each([12, 13] as const)('P-S4-2 dashboards in Grafana %i', (edition) => {
  it('are stored, stored again in place, opened and annotated', async () => {
    await using grafana = await startGrafana(edition)
    const address = { url: grafana.url, secret: grafana.token }
    expect(await dashboards.open(address, 'fm-search')).toEqual({ kind: 'answered', value: undefined })
    const first = await dashboards.push(address, dashboard, 'folder')
    expect(first).toMatchObject({ kind: 'answered', value: { version: 1 } })
    expect(await dashboards.push(address, dashboard, undefined)).toMatchObject({ value: { version: 2 } })
    grafana.edit('fm-search')
    // P-V3: somebody's edit is another version.
    expect(await dashboards.open(address, 'fm-search')).toMatchObject({ value: { version: 3 } })
    expect(await dashboards.push(address, dashboard, undefined)).toMatchObject({ value: { version: 4 } })
    const note = { uid: 'fm-search', at: new Date(5_000), tags: ['flagmarshal'], text: 'advanced' }
    expect(await dashboards.annotate(address, note)).toEqual({ kind: 'answered', value: undefined })
    expect(grafana.annotations).toEqual([
      { dashboardUID: 'fm-search', time: 5_000, tags: ['flagmarshal'], text: 'advanced' },
    ])
  })

  it('say who is not let in, and why', async () => {
    await using grafana = await startGrafana(edition)
    const push = async (secret: string) =>
      await dashboards.push({ url: grafana.url, secret }, dashboard, undefined)
    expect(await push('nobody')).toEqual({ kind: 'failed', why: 'Grafana wants other credentials' })
    expect(await push(grafana.viewer)).toEqual({
      kind: 'failed',
      why: 'Grafana does not let these credentials in',
    })
  })
})

it('P-S4-2 P-S4-13 a dashboard has its refresh interval, a panel for each metric, and no data source of its own', () => {
  expect(dashboards.json(dashboard)).toMatchObject({
    uid: 'fm-search',
    refresh: '15s',
    title: expect.any(String),
  })
  const text = JSON.stringify(dashboards.json(dashboard))
  for (const { title } of dashboard.panels) expect(text).toContain(title)
  expect(text).toContain('(b[1m]) / ((t[1m]) > 0)')
})
