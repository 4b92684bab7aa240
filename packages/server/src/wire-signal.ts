/** Wires the channels: the concrete integrations, and the loop that sends. */
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Log } from './context.ts'
import { createOutgoing } from './integrations/http/outgoing.ts'
import type { Outgoing } from './integrations/interfaces.ts'
import { jiraNotify } from './integrations/jira/notify.ts'
import { mailNotify } from './integrations/mail/notify.ts'
import { pagerdutyNotify } from './integrations/pagerduty/notify.ts'
import { slackNotify } from './integrations/slack/notify.ts'
import { webhookNotify } from './integrations/webhook/notify.ts'
import type { Metrics } from './metrics.ts'
import type { Safe } from './secret/seal.ts'
import { startDispatcher } from './signal/dispatcher.ts'
import type { Dispatcher } from './signal/dispatcher.ts'
import { createSignalMetrics } from './signal/metrics.ts'
import type { Database } from './storage/database.ts'

/** The way out, and what goes out by itself. */
export interface Signals {
  readonly outgoing: Outgoing
  readonly dispatcher: Dispatcher
}

interface SignalsParts {
  readonly database: Database
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Starts to deliver. */
export async function startSignals(
  { metrics, ...parts }: SignalsParts,
  safe: Safe,
  config: Config,
): Promise<Signals> {
  const stopping = new AbortController()
  const outgoing = createOutgoing(config.outgoingAllow, stopping.signal)
  const dispatching = {
    ...parts,
    safe,
    metrics: createSignalMetrics(metrics, parts.database),
    address: (config.publicUrl ?? `http://${config.host}:${config.port}`).replace(/\/+$/, ''),
    notifiers: {
      webhook: webhookNotify(outgoing),
      slack: slackNotify(outgoing),
      jira: jiraNotify(outgoing),
      pagerduty: pagerdutyNotify(outgoing),
      mail: mailNotify(outgoing),
    },
  }
  return { outgoing, dispatcher: await startDispatcher(dispatching, () => stopping.abort()) }
}
