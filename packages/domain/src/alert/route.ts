/**
 * How alerts reach people: a receiver of Alertmanager that is this server, the route to it, and where
 * each rule would go.
 */
import type { RuleFile } from './rule-file.ts'

/** The name of the receiver in what is generated. */
export const RECEIVER = 'flagmarshal'

/** What to add to Alertmanager's configuration. The token is put into a file of its own. */
export function receiverSnippet(url: string, tokenFile: string): object {
  return {
    route: {
      routes: [
        {
          receiver: RECEIVER,
          matchers: ['flag=~".+"', 'project=~".+"'],
          group_by: ['alertname', 'project', 'environment', 'flag', 'rule', 'drill'],
          group_wait: '5s',
          group_interval: '30s',
          repeat_interval: '4h',
          // Whatever else is told of alerts is told of these, too.
          continue: true,
        },
      ],
    },
    receivers: [
      {
        name: RECEIVER,
        webhook_configs: [
          {
            url,
            send_resolved: true,
            http_config: { authorization: { type: 'Bearer', credentials_file: tokenFile } },
          },
        ],
      },
    ],
  }
}

/** The labels that a rule's alert has, as far as routes can ask for them. */
export interface RoutedRule {
  readonly rule: string
  readonly person: string
  readonly labels: Readonly<Record<string, string>>
}

/** Every alert of a file, with the labels that it is routed by. */
export function routedRules({ groups }: RuleFile): readonly RoutedRule[] {
  return groups.flatMap((group) =>
    group.rules.map(({ alert, labels }) => ({
      rule: labels['rule'] ?? alert,
      person: labels['person'] ?? '',
      labels: { alertname: alert, ...labels },
    })),
  )
}
