import type { Config } from './config.ts'
/** Wires what speaks with monitoring programs. */
import type { Probes } from './connection/probe.ts'
import { alertmanagerAlerts } from './integrations/alertmanager/alerts.ts'
import { probeAlertmanager } from './integrations/alertmanager/probe.ts'
import { grafanaDashboards } from './integrations/grafana/dashboards.ts'
import { probeGrafana } from './integrations/grafana/probe.ts'
import type { Outgoing, PrometheusAt } from './integrations/interfaces.ts'
import { findMetric } from './integrations/prometheus/find-metric.ts'
import { prometheusMetrics } from './integrations/prometheus/measure.ts'
import { readPastCounts } from './integrations/prometheus/past.ts'
import { probePrometheus } from './integrations/prometheus/probe.ts'
import { readMetric } from './integrations/prometheus/read.ts'
import { prometheusRules } from './integrations/prometheus/rules.ts'
import { ruleFolder } from './integrations/rule-tools/folder.ts'
import { ruleTools } from './integrations/rule-tools/tools.ts'
import type { MonitoringSystems } from './monitoring/parts.ts'

/** What use cases may ask monitoring programs. */
export interface Monitoring extends MonitoringSystems {
  readonly probes: Probes
  readonly prometheus: PrometheusAt
}

/** All of it, through the one way out. */
export function createMonitoring(
  outgoing: Outgoing,
  config: Pick<Config, 'publicUrl' | 'host' | 'port' | 'rulesDir'>,
): Monitoring {
  const rules = prometheusRules(outgoing)
  return {
    prometheus: (address) => ({
      ...prometheusMetrics(outgoing, address),
      read: (metric, window) => readMetric(outgoing, address, metric, window),
      past: (question) => readPastCounts(outgoing, address, question),
      rules: () => rules.loaded(address),
      find: (name, now) => findMetric(outgoing, address, name, now),
    }),
    rules,
    routes: alertmanagerAlerts(outgoing),
    dashboards: grafanaDashboards(outgoing),
    tools: ruleTools(),
    folder: ruleFolder(config.rulesDir),
    address: (config.publicUrl ?? `http://${config.host}:${config.port}`).replace(/\/+$/, ''),
    probes: {
      prometheus: probePrometheus(outgoing),
      alertmanager: probeAlertmanager(outgoing),
      grafana: probeGrafana(outgoing),
    },
  }
}
