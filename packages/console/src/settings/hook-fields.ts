/** What a hook is defined by: how it is asked, what shows that it worked, where it is tried out. */
import type { Field, Option } from '../form/field.ts'
import { choice, group, line, lines, number, secret, text } from '../form/make-field.ts'

const optional = { optional: true } as const

const COMMAND: Option = {
  label: 'program',
  begin: { kind: 'command' },
  fields: [
    line('program', 'Program', { help: 'Its whole path; the operator of the server must allow it.' }),
    lines('args', 'Arguments', {
      ...optional,
      help: 'One on each line. {version}, {key}, {phase} … are filled in.',
    }),
  ],
}

const ACTION: Field = {
  kind: 'either',
  key: 'action',
  label: 'How it is asked',
  options: [
    {
      label: 'http',
      begin: { kind: 'http' },
      fields: [line('url', 'Address', { help: 'A signed POST; the body names the phase.' })],
    },
    COMMAND,
    {
      label: 'workflow',
      begin: { kind: 'github' },
      fields: [
        line('repository', 'Repository', { help: 'owner/name' }),
        line('workflow', 'Workflow', { help: 'Its file, like rollback.yml.' }),
        line('ref', 'Branch', { ...optional, help: 'main unless given.' }),
        line('api', 'API', { ...optional, help: 'https://api.github.com unless given.' }),
        {
          kind: 'json',
          key: 'inputs',
          label: 'Inputs',
          optional: true,
          help: 'Like {"key": "{key}"}; one must hold {key}.',
        },
      ],
    },
  ],
}

const PROBE: Field = {
  kind: 'either',
  key: 'probe',
  label: 'What shows that it worked',
  help: 'Needed for code and infrastructure; a data hook verifies its own plan.',
  optional: true,
  options: [
    {
      label: 'http',
      begin: { kind: 'http' },
      fields: [
        line('url', 'Address'),
        number('status', 'Status', { ...optional, help: '200 unless given.' }),
        line('contains', 'Text that the answer holds', optional),
      ],
    },
    COMMAND,
  ],
}

const TARGET: readonly Field[] = [
  ACTION,
  PROBE,
  number('budgetMs', 'Milliseconds for each phase', { ...optional, help: '300,000 unless given.' }),
]

const DEFINITION: readonly Field[] = [
  choice('part', 'What it puts back', ['code', 'data', 'infrastructure']),
  line('title', 'Title'),
  group('production', 'In production', TARGET),
  {
    kind: 'either',
    key: 'staging',
    label: 'Where it is really tried out',
    options: [
      { label: 'staging', begin: { action: '' }, fields: TARGET },
      { label: 'nowhere', begin: { none: '' }, fields: [text('none', 'Why there is no such place')] },
    ],
  },
]

const SECRET = 'http: whsec_… that signs. Workflow: a token. Program: passed as HOOK_SECRET.'

/** The fields of a new hook. */
export const NEW_HOOK: readonly Field[] = [
  line('key', 'Key', { help: 'a-z, 0-9 and -.' }),
  ...DEFINITION,
  secret('secret', 'Secret', { ...optional, help: SECRET }),
]

/** The fields of the next version of one. */
export const NEXT_VERSION: readonly Field[] = [
  ...DEFINITION,
  secret('secret', 'Secret', { ...optional, help: `${SECRET} Left empty, the present one stays.` }),
]
