/** Wires what speaks with monitoring programs. */
import type { Probes } from './connection/probe.ts'
import { probeAlertmanager } from './integrations/alertmanager/probe.ts'
import { probeGrafana } from './integrations/grafana/probe.ts'
import type { Outgoing, PrometheusMetrics } from './integrations/interfaces.ts'
import { prometheusMetrics } from './integrations/prometheus/measure.ts'
import { probePrometheus } from './integrations/prometheus/probe.ts'

/** What use cases may ask monitoring programs. */
export interface Monitoring {
  readonly probes: Probes
  readonly prometheus: PrometheusMetrics
}

/** All of it, through the one way out. */
export function createMonitoring(outgoing: Outgoing): Monitoring {
  return {
    prometheus: (address) => prometheusMetrics(outgoing, address),
    probes: {
      prometheus: probePrometheus(outgoing),
      alertmanager: probeAlertmanager(outgoing),
      grafana: probeGrafana(outgoing),
    },
  }
}
