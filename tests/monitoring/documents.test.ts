/** The commands of docs/monitoring.md, with the real Prometheus and Alertmanager. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { blocksOf } from '../../packages/cli/test/support/documents.ts'
import { flagmarshal } from '../../packages/cli/test/support/program.ts'
import { createShell } from '../../packages/cli/test/support/shell.ts'
import { installed, startAlertmanager, startPrometheus } from '../support/prometheus.ts'
import { ADMIN_TOKEN, expectOk, startServer } from '../support/server.ts'

const ALERTMANAGER = JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] })

/** An objective as others write them. */
const OBJECTIVE = `apiVersion: openslo/v1
kind: SLO
metadata: { name: orders }
spec:
  service: shop
  budgetingMethod: Occurrences
  timeWindow: [{ duration: 30d, isRolling: true }]
  indicator:
    metadata: { name: orders }
    spec:
      ratioMetric:
        counter: true
        bad: { metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: 'shop_bad_total' } } }
        total: { metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: 'shop_total' } } }
  objectives: [{ target: 0.99 }]
`

/** What an application has told in the latest ten minutes, every 15 seconds. */
function past(now: Date): string {
  const times = Array.from({ length: 40 }, (_, i) => Math.floor(now.getTime() / 1_000) - (40 - i) * 15)
  const arms = [
    ['exposed', 'on'],
    ['control', 'off'],
  ].map(([arm, variant]) => `flag="new-checkout",variant="${variant}",arm="${arm}"`)
  const series = (name: string, perStep: number, more = '') =>
    arms.flatMap((labels) => times.map((at, i) => `${name}{${labels}${more}} ${(i + 1) * perStep} ${at}`))
  return [
    ...series('flagmarshal_requests_total', 10),
    ...series('flagmarshal_requests_bad_total', 1),
    ...series('flagmarshal_request_duration_seconds_bucket', 5, ',le="0.1"'),
    ...series('flagmarshal_request_duration_seconds_bucket', 10, ',le="+Inf"'),
    ...times.map((at) => `flagmarshal_process_resident_memory_bytes{pod="a"} 100000000 ${at}`),
    '# EOF\n',
  ].join('\n')
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe.skipIf(!installed('prometheus', 'prometheus-alertmanager'))(
  'docs/monitoring.md (programs: prometheus, prometheus-alertmanager)',
  () => {
    const open = new AsyncDisposableStack()
    const replaced: [string, string][] = []
    let shell: ReturnType<typeof createShell>

    beforeAll(async () => {
      // As much of Grafana as a connection asks when it is tried.
      const grafana = createServer((request, response) => {
        response.setHeader('content-type', 'application/json')
        const folders = request.url?.includes('/api/folders') === true
        response.end(folders ? '[]' : '{"database": "ok", "version": "12.0.0"}')
      })
      const dashboards = await listening(grafana)
      open.defer(() => void grafana.close())
      const prometheus = open.use(await startPrometheus({ openMetrics: past(new Date()) }))
      const alertmanager = open.use(await startAlertmanager(ALERTMANAGER))
      const server = open.use(
        await startServer({
          settings: { FLAGMARSHAL_OUTGOING_ALLOW: '127.0.0.1', FLAGMARSHAL_RULES_DIR: prometheus.folder },
        }),
      )
      expectOk(await server.admin.call('createProject', { body: { key: 'shop', name: 'Shop' } }))
      const folder = await mkdtemp(path.join(os.tmpdir(), 'flagmarshal-monitoring-'))
      const back = process.cwd()
      process.chdir(folder)
      open.defer(async () => {
        process.chdir(back)
        await rm(folder, { recursive: true, force: true })
      })
      await writeFile('token.txt', 'a-token')
      await writeFile('slo.yaml', OBJECTIVE)
      await writeFile('plan.json', '{"criteria": []}')
      replaced.push(
        ['http://prometheus:9090', prometheus.url],
        ['http://alertmanager:9093', alertmanager.url],
        ['http://grafana:3000', `http://${dashboards}`],
      )
      shell = createShell(
        { flagmarshal },
        { FLAGMARSHAL_SERVER: server.address, FLAGMARSHAL_TOKEN: ADMIN_TOKEN, FLAGMARSHAL_PROJECT: 'shop' },
      )
    })
    afterAll(async () => await open.disposeAsync())

    test.each(blocksOf('docs/monitoring.md').map((it) => [it.number, it.script] as const))(
      'block %i is run as it stands',
      async (_, script) => {
        const here = replaced.reduce((text, [from, to]) => text.replaceAll(from, to), script)
        const ended = await shell.execute(here)
        expect(ended.length).toBeGreaterThan(1)
        for (const one of ended) expect(one.code, `${one.command}\n${one.out}${one.err}`).toBe(one.expected)
      },
    )
  },
)
