/** What a connection to monitoring programs is settled by. */
import type { Field } from '../form/field.ts'
import { group, line, number, secret } from '../form/make-field.ts'

const optional = { optional: true } as const
const user = line('user', 'User', {
  ...optional,
  help: 'With it the secret is a password; without it a bearer token.',
})

const SETTINGS = group('settings', 'Programs', [
  group('prometheus', 'Prometheus', [
    line('url', 'Address of Prometheus', { help: 'Without user and secret in it.' }),
    user,
    number('scrapeMs', 'Milliseconds between scrapes', { ...optional, help: '15,000 unless given.' }),
    number('lagMs', 'Milliseconds until a window is complete', {
      ...optional,
      help: 'Two scrapes or two windows, whichever is longer, unless given.',
    }),
  ]),
  group('alertmanager', 'Alertmanager', [line('url', 'Address of Alertmanager'), user], optional),
  group(
    'grafana',
    'Grafana',
    [
      line('url', 'Address of Grafana'),
      line('folder', 'Folder', { ...optional, help: 'Its uid; dashboards go there.' }),
    ],
    optional,
  ),
  group(
    'rules',
    'Alert rules',
    [
      line('file', 'File', { help: 'A name that ends in .yml, in the folder that the operator allows.' }),
      line('reloadUrl', 'Reload', { ...optional, help: 'Posted to afterwards, like …/-/reload.' }),
    ],
    optional,
  ),
])

const secrets = (help: string): Field =>
  group(
    'secrets',
    'Secrets',
    [
      secret('prometheus', 'Secret of Prometheus', optional),
      secret('alertmanager', 'Secret of Alertmanager', optional),
      secret('grafana', 'Secret of Grafana', optional),
    ],
    { ...optional, help },
  )

const ENVIRONMENT: Field = {
  kind: 'line',
  key: 'environment',
  label: 'Environment',
  suggest: 'environments',
  optional: true,
  help: 'Only this one is read there; all of them unless given.',
}

/** The fields of a new connection. */
export const NEW_CONNECTION: readonly Field[] = [
  line('key', 'Key', { help: 'a-z, 0-9 and -.' }),
  ENVIRONMENT,
  SETTINGS,
  secrets('Bearer tokens, or passwords where there is a user.'),
]

/** The fields of one that is there. */
export const CONNECTION: readonly Field[] = [
  ENVIRONMENT,
  SETTINGS,
  secrets('What is left empty stays as it is; nothing of it is ever shown.'),
]
